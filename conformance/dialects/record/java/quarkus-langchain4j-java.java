// quarkus-langchain4j-openai and quarkus-opentelemetry, with the properties
//   quarkus.langchain4j.openai.base-url=${PROTOCOL_URL}/v1, quarkus.langchain4j.openai.api-key=none,
//   quarkus.langchain4j.openai.chat-model.model-name=gpt-4o, quarkus.otel.exporter.otlp.protocol=http/protobuf,
//   quarkus.langchain4j.tracing.include-{prompt,completion,tool-arguments,tool-result}=true
import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.service.SystemMessage;
import dev.langchain4j.service.UserMessage;
import io.quarkiverse.langchain4j.RegisterAiService;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.control.ActivateRequestContext;
import jakarta.inject.Inject;

@QuarkusMain
public class Main implements QuarkusApplication {
  @RegisterAiService(tools = Tools.class)
  @SystemMessage("Be brief.")
  public interface Weather {
    String ask(@UserMessage String question);
  }

  @ApplicationScoped
  public static class Tools {
    @Tool("Weather of a city")
    public String getWeather(@P("City") String city) {
      return "{\"temperature\":18}";
    }
  }

  @Inject Weather weather;

  @Override
  @ActivateRequestContext
  public int run(String... arguments) throws InterruptedException {
    weather.ask("How is the weather in Paris?");
    // Spans leave after a moment.
    Thread.sleep(1500);
    return 0;
  }
}
