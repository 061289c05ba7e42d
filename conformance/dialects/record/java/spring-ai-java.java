// spring-ai-starter-model-openai, spring-ai-vector-store and spring-boot-starter-opentelemetry on the class path, with the properties
//   spring.ai.openai.base-url=${PROTOCOL_URL}/v1, spring.ai.openai.api-key=none, spring.ai.openai.chat.model=gpt-4o,
//   spring.ai.openai.embedding.options.model=text-embedding-3-small, spring.ai.tools.observations.include-content=true,
//   management.tracing.sampling.probability=1.0, management.opentelemetry.tracing.export.otlp.endpoint=${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.SimpleLoggerAdvisor;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;
import org.springframework.ai.vectorstore.SimpleVectorStore;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
class WeatherChat {
  static class Tools {
    @Tool(description = "Weather of a city")
    public Map<String, Object> getWeather(@ToolParam(description = "City") String city) {
      return Map.of("temperature", 18, "sky", "sunny");
    }
  }

  public static void main(String[] arguments) throws Exception {
    var context = SpringApplication.run(WeatherChat.class, arguments);
    System.exit(SpringApplication.exit(context));
  }

  @Bean
  CommandLineRunner ask(ChatClient.Builder builder, EmbeddingModel embeddings, ObservationRegistry registry) {
    return arguments -> Observation.createNotStarted("ask", registry).observe(() -> {
      var store = SimpleVectorStore.builder(embeddings).observationRegistry(registry).build();
      store.add(List.of(new Document("Paris is sunny."), new Document("London is wet.")));
      store.similaritySearch("weather in Paris");
      var chat = builder.defaultAdvisors(new SimpleLoggerAdvisor()).build();
      chat.prompt().system("Be brief.").user("How is the weather in Paris?").tools(new Tools()).call().content();
      chat.prompt().user("Stream it").stream().content().collectList().block();
    });
  }
}
