/** A retrieval pipeline in its stages: analysis, routing, two searches, fusion, generation, verification. Search is real, over six notes. */
import {
  clearThread,
  flush,
  getExecutionSummary,
  init,
  instrument,
  score,
  traceRetrieval,
  traceWorkflow,
  trackStage,
  trackSubstage,
} from '@sightline/sdk';
import OpenAI from 'openai';
import { modelAccess } from './support/fake-model.ts';

init({ serviceName: 'rag-pipeline' });
const model = await modelAccess([
  { text: 'Employees have 25 days of holiday a year; up to five move into the next year.' },
]);
const openai = instrument(new OpenAI({ baseURL: model.baseURL, apiKey: model.apiKey }));

const notes = [
  { id: 'h-1', content: 'Every employee has 25 days of holiday a year.' },
  { id: 'h-2', content: 'Up to five unused holiday days move into the next year.' },
  { id: 'h-3', content: 'Sick leave is paid in full for six weeks.' },
  { id: 't-1', content: 'Trains are booked through the travel desk.' },
  { id: 't-2', content: 'Flights under 500 km need an approval.' },
  { id: 'p-1', content: 'Parental leave is at least two months.' },
];
const words = (text: string): readonly string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

function bm25(query: string): { id: string; score: number; content: string }[] {
  const average = notes.reduce((sum, note) => sum + words(note.content).length, 0) / notes.length;
  return ranked((content) => {
    const terms = words(content);
    return words(query).reduce((sum, term) => {
      const frequency = terms.filter((each) => each === term).length;
      const holding = notes.filter((note) => words(note.content).includes(term)).length;
      const idf = Math.log(1 + (notes.length - holding + 0.5) / (holding + 0.5));
      return sum + (idf * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * terms.length) / average));
    }, 0);
  });
}

/** Character trigrams stand for an embedding: near spellings are near. */
function similar(query: string): { id: string; score: number; content: string }[] {
  const trigrams = (text: string) =>
    new Set(
      Array.from({ length: Math.max(text.length - 2, 0) }, (_, at) => text.toLowerCase().slice(at, at + 3)),
    );
  const asked = trigrams(query);
  return ranked(
    (content) => asked.intersection(trigrams(content)).size / Math.sqrt(asked.size * trigrams(content).size),
  );
}

function ranked(scoreOf: (content: string) => number) {
  return notes
    .map((note) => ({ ...note, score: Math.round(scoreOf(note.content) * 1000) / 1000 }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, 3);
}

const question = 'How many holiday days do I have, and can I keep unused ones?';
const thread = 'question-1';
const answer = await traceWorkflow(
  { name: 'handbook-question', runId: thread, mode: 'rag', model: 'gpt-4o-mini' },
  async () => {
    const terms = await trackStage('analysis', 'Query analysis', thread, async () =>
      words(question).filter((word) => word.length > 3),
    );
    const route = await trackStage('routing', 'Routing', thread, async (stage) => {
      const chosen = terms.some((term) => term.startsWith('holiday')) ? 'handbook' : 'travel';
      stage.setMetadata({ route: chosen });
      return chosen;
    });
    const found = await trackStage('retrieval', 'Retrieval', thread, async (stage) => {
      const vector = await trackSubstage('vector', 'Vector search', () =>
        traceRetrieval({ source: `${route}-vectors`, query: question, topK: 3, method: 'vector' }, async () =>
          similar(question),
        ),
      );
      const keyword = await trackSubstage('bm25', 'BM25 search', () =>
        traceRetrieval({ source: `${route}-index`, query: question, topK: 3, method: 'bm25' }, async () =>
          bm25(question),
        ),
      );
      stage.setMetadata({ documents: vector.length + keyword.length });
      return [vector, keyword];
    });
    const context = await trackStage('reranking', 'Reranking', thread, async () => {
      // Reciprocal rank fusion.
      const fused = new Map<string, number>();
      for (const list of found)
        list.forEach((document, rank) =>
          fused.set(document.content, (fused.get(document.content) ?? 0) + 1 / (60 + rank)),
        );
      return [...fused]
        .toSorted((a, b) => b[1] - a[1])
        .slice(0, 2)
        .map(([content]) => content);
    });
    const text = await trackStage('generation', 'Generation', thread, async () => {
      const completion = await openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: `Answer from these notes only:\n${context.join('\n')}` },
          { role: 'user', content: question },
        ],
      });
      return completion.choices[0]?.message.content ?? '';
    });
    await trackStage('verification', 'Verification', thread, async () => {
      const supported =
        words(text).filter((word) => words(context.join(' ')).includes(word)).length / words(text).length;
      score({
        name: 'groundedness',
        value: Math.round(supported * 100) / 100,
        label: supported > 0.5 ? 'pass' : 'fail',
      });
    });
    return text;
  },
);
const summary = getExecutionSummary(thread);
console.log(answer);
console.log(
  `${summary?.stageCount} stages in ${summary?.totalMs} ms: ${summary?.stages.map((stage) => stage.stageName).join(' → ')}`,
);
clearThread(thread);
model.close();
await flush();
