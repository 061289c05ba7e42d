/**
 * What a user's SQL may be: one statement that reads. The engine is told to be read-only as well; this guard is there for
 * a clear message, and for the table functions that reach files, other hosts and programs, which reading alone allows.
 */
import { SightlineError } from '@sightline/schema/errors';

const readers = ['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS'];

/** Table functions and tables that leave the telemetry database; everything not listed is refused by name in FROM. */
const outside =
  /\b(file|url|s3|s3Cluster|gcs|hdfs|azureBlobStorage\w*|remote|remoteSecure|mysql|postgresql|mongodb|redis|sqlite|odbc|jdbc|executable|input|cluster|clusterAllReplicas|fileCluster|urlCluster|hdfsCluster|iceberg\w*|deltaLake\w*|hudi\w*|paimon\w*|dictionary|catboostEvaluate|python|arrowFlight|ytsaurus|prometheusQuery\w*|timeSeries\w*|loop|merge|mergeTree\w+|viewExplain|fuzzQuery|fuzzJSON|generateRandom|getServerPort|getServerSetting|showCertificate|getOSKernelVersion|hostName|hostname|FQDN|displayName|serverUUID|tcpPort|user|currentUser)\s*\(/i;
const outsideTable =
  /\b(?:system|information_schema|INFORMATION_SCHEMA|_temporary_and_external_tables)\s*\.\s*[\w`"]+/i;
const outsideClause = /\bINTO\s+OUTFILE\b|\bSETTINGS\b|\bFORMAT\s+\w+\s*$/i;

/** The statement without its closing semicolon. Throws `bad_sql`. */
export function checkReadOnly(query: string): string {
  const statement = query.trim().replace(/[\s;]+$/, '');
  const bare = blankLiterals(statement);
  if (bare === undefined) throw badSql('A string, quoted name or comment in it does not end.');
  const words = bare.trim();
  const [first = ''] = /^[A-Za-z]+/.exec(words.replace(/^\(+\s*/, '')) ?? [];
  if (words === '') throw badSql('There is no statement.');
  if (!readers.includes(first.toUpperCase()))
    throw badSql(`It begins with "${first === '' ? words.slice(0, 20) : first}".`);
  if (bare.includes(';')) throw badSql('There is more than one statement.');
  const reach = outside.exec(bare)?.[1];
  if (reach !== undefined) throw badSql(`The function ${reach}() reaches beyond the telemetry tables.`);
  const table = outsideTable.exec(bare)?.[0];
  if (table !== undefined) throw badSql(`${table} is not a telemetry table.`);
  const clause = outsideClause.exec(bare)?.[0];
  if (clause !== undefined)
    throw badSql(`"${clause.trim()}" is not allowed; the limits and the format are fixed.`);
  return statement;
}

/** The statement with strings and comments blanked, quoted names kept bare; undefined where one does not end. */
function blankLiterals(text: string): string | undefined {
  let bare = '';
  let at = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const char = text[at] ?? '';
    if (two === '--' || two === '#!' || two === '# ') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (two === '/*') {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) return undefined;
      at = end + 2;
      bare += ' ';
    } else if (char === "'" || char === '"' || char === '`') {
      const end = closingQuote(text, at);
      if (end === undefined) return undefined;
      bare += char === "'" ? "''" : text.slice(at + 1, end);
      at = end + 1;
    } else {
      bare += char;
      at++;
    }
  }
  return bare;
}

function closingQuote(text: string, start: number): number | undefined {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at;
      at++;
    }
  }
  return undefined;
}

function badSql(problem: string): SightlineError {
  return new SightlineError('bad_sql', `The statement cannot be run. ${problem}`, {
    hint: 'Send one SELECT, WITH, SHOW, DESCRIBE or EXPLAIN statement over the tables in docs/sql.md.',
  });
}
