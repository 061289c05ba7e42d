"""What was asked of vector databases that run within the program; each is told in names of its own."""
import tempfile

import telemetry

provider = telemetry.start()

import chromadb
import lancedb
from opentelemetry import trace
from opentelemetry.instrumentation.chromadb import ChromaInstrumentor
from opentelemetry.instrumentation.lancedb import LanceInstrumentor
from opentelemetry.instrumentation.milvus import MilvusInstrumentor
from opentelemetry.instrumentation.qdrant import QdrantInstrumentor
from pymilvus import MilvusClient
from qdrant_client import QdrantClient, models

for instrumentor in (ChromaInstrumentor, LanceInstrumentor, MilvusInstrumentor, QdrantInstrumentor):
    instrumentor().instrument()

ASKED = [0.1, 0.2]
TEXTS = ['It is sunny in Paris.', 'It rains in Rome.']
VECTORS = [ASKED, [0.3, 0.4]]

with trace.get_tracer('app').start_as_current_span('ask'):
    chroma = chromadb.EphemeralClient().create_collection('weather')
    chroma.add(ids=['1', '2'], documents=TEXTS, embeddings=VECTORS)
    chroma.query(query_embeddings=[ASKED], n_results=2)

    milvus = MilvusClient(f'{tempfile.mkdtemp()}/milvus.db')
    milvus.create_collection('weather', dimension=2)
    rows = [{'id': id, 'vector': VECTORS[id], 'text': text} for id, text in enumerate(TEXTS)]
    milvus.insert('weather', rows)
    milvus.search('weather', data=[ASKED], limit=2, output_fields=['text'])

    qdrant = QdrantClient(':memory:')
    vectors = models.VectorParams(size=2, distance=models.Distance.COSINE)
    qdrant.create_collection('weather', vectors_config=vectors)
    qdrant.upsert('weather', points=[models.PointStruct(id=1, vector=ASKED, payload={'text': TEXTS[0]})])
    qdrant.query_points('weather', query=ASKED, limit=2)

    table = lancedb.connect(tempfile.mkdtemp()).create_table('weather', data=[{'vector': ASKED, 'text': TEXTS[0]}])
    table.search(ASKED).limit(2).to_list()
provider.shutdown()
