// com.google.adk:google-adk, io.opentelemetry:opentelemetry-exporter-otlp and -sdk-extension-autoconfigure on the class path.
import com.google.adk.agents.LlmAgent;
import com.google.adk.models.Gemini;
import com.google.adk.runner.InMemoryRunner;
import com.google.adk.tools.Annotations.Schema;
import com.google.adk.tools.FunctionTool;
import com.google.genai.Client;
import com.google.genai.types.Content;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.Part;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.Map;

class WeatherAgent {
  public static Map<String, Object> getWeather(@Schema(name = "city", description = "City") String city) {
    return Map.of("temperature", 18, "sky", "sunny", "city", city);
  }

  public static void main(String[] arguments) {
    var telemetry = AutoConfiguredOpenTelemetrySdk.builder().setResultAsGlobal().build().getOpenTelemetrySdk();
    var servers = HttpOptions.builder().baseUrl(System.getenv("PROTOCOL_URL")).build();
    var client = Client.builder().apiKey("none").httpOptions(servers).build();
    var agent = LlmAgent.builder()
        .name("weather_agent")
        .description("Answers questions about the weather")
        .model(new Gemini("gemini-2.5-pro", client))
        .instruction("Be brief.")
        .tools(FunctionTool.create(WeatherAgent.class, "getWeather"))
        .build();
    var runner = new InMemoryRunner(agent, "weather_app");
    var session = runner.sessionService().createSession("weather_app", "user-1").blockingGet();
    var question = Content.fromParts(Part.fromText("How is the weather in Paris?"));
    runner.runAsync("user-1", session.id(), question).blockingSubscribe();
    telemetry.close();
  }
}
