"""One conversation with tools over Bedrock's Converse, plain and as a stream."""
import boto3

import telemetry

MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
CITY = {'type': 'object', 'properties': {'city': {'type': 'string'}}}
TOOL = {'name': 'get_weather', 'description': 'Weather of a city.', 'inputSchema': {'json': CITY}}


def run() -> None:
    client = boto3.client('bedrock-runtime', endpoint_url=telemetry.url, region_name='us-east-1')
    request = {'modelId': MODEL, 'system': [{'text': 'Be brief.'}], 'toolConfig': {'tools': [{'toolSpec': TOOL}]}}
    messages = [{'role': 'user', 'content': [{'text': telemetry.TWO_CALLS}]}]
    answer = client.converse(messages=messages, **request)['output']['message']
    calls = [part['toolUse'] for part in answer['content'] if 'toolUse' in part]
    results = [
        {'toolResult': {'toolUseId': call['toolUseId'], 'content': [{'text': telemetry.weather(**call['input'])}]}}
        for call in calls
    ]
    messages += [answer, {'role': 'user', 'content': results}]
    for _ in client.converse_stream(messages=messages, **request)['stream']:
        pass
