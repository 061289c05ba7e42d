// [dependencies] rig 0.44 (agent, derive, reqwest), opentelemetry 0.33, opentelemetry_sdk 0.33, opentelemetry-otlp 0.33,
// tracing-opentelemetry 0.34, tracing-subscriber 0.3, tokio 1. Reads OPENAI_BASE_URL and OTEL_EXPORTER_OTLP_ENDPOINT.
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use rig::{AgentBuilder, core::tool::ToolExecutionError, providers::openai::OpenAI};
use tracing_subscriber::prelude::*;

#[rig::rig_tool(description = "Weather of a city", params(city = "City"), required(city))]
fn get_weather(city: String) -> Result<String, ToolExecutionError> {
    Ok(format!("18 degrees in {city}"))
}

fn main() {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build().unwrap();
    let resource = Resource::builder_empty().with_service_name("rig").build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
    tracing_subscriber::registry()
        .with(tracing_subscriber::filter::LevelFilter::INFO)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("rig")))
        .init();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let agent = AgentBuilder::new(OpenAI::from_env().unwrap().completion("gpt-4o"))
            .name("weather_agent")
            .preamble("Be brief.")
            .tool(GetWeather)
            .record_content_telemetry(true)
            .build();
        agent.prompt("How is the weather in Paris?").max_turns(4).await.unwrap();
    });
    provider.shutdown().unwrap();
}
