// com.openai:openai-java on the class path, -javaagent:opentelemetry-javaagent.jar, and
// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true.
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.models.ChatModel;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.embeddings.EmbeddingModel;
import java.util.Map;

class WeatherCalls {
  public static void main(String[] arguments) {
    var baseUrl = System.getenv("PROTOCOL_URL") + "/v1";
    var client = OpenAIOkHttpClient.builder().apiKey("none").baseUrl(baseUrl).build();
    var schema = FunctionParameters.builder()
        .putAdditionalProperty("type", JsonValue.from("object"))
        .putAdditionalProperty("properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
        .build();
    var function = FunctionDefinition.builder().name("getWeather").description("Weather").parameters(schema).build();
    var asked = ChatCompletionCreateParams.builder()
        .model(ChatModel.GPT_4O)
        .addSystemMessage("Be brief.")
        .addUserMessage("How is the weather in Paris?")
        .addTool(ChatCompletionFunctionTool.builder().function(function).build());
    asked.addMessage(client.chat().completions().create(asked.build()).choices().get(0).message());
    asked.addMessage(
        ChatCompletionToolMessageParam.builder().toolCallId("call_1").content("{\"temperature\":18}").build());
    client.chat().completions().create(asked.build());
    var streamed = ChatCompletionCreateParams.builder()
        .model(ChatModel.GPT_4O)
        .addUserMessage("Stream")
        .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build());
    try (var answer = client.chat().completions().createStreaming(streamed.build())) {
      answer.stream().forEach(chunk -> {});
    }
    client.embeddings().create(
        EmbeddingCreateParams.builder().model(EmbeddingModel.TEXT_EMBEDDING_3_SMALL).input("hello").build());
    System.exit(0);
  }
}
