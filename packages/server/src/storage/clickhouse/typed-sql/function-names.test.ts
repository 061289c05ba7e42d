import { afterAll, beforeAll, expect, test } from 'vitest';
import { TypedSqlTrial } from '../../testing/typed-sql-trial.ts';
import {
  knownAggregates,
  knownAggregatesInAnyCase,
  knownFunctions,
  knownFunctionsInAnyCase,
  isFunction,
  tableFunctions,
} from './function-names.ts';

/**
 * Every function of the engine is named: here, or among those that may be called. One that a new version brings is in neither list, cannot be called, and fails
 * this test until somebody has read what it does.
 */
const refused = `
  AIClassify AIExtract AIGenerate AITranslate FQDN L2DistanceTransposedQuantized MACStringToOUI MGRSToGeo MVTBoundingBox MVTBoundingBoxMercator
  MVTEncodeGeom ST_AsMVTGeom ST_LineFromWKB ST_MLineFromWKB ST_MPolyFromWKB ST_PointFromWKB ST_PolyFromWKB SVG UTMToGeo WKB WKT _CAST __actionName
  __applyFilter __bitBoolMaskAnd __bitBoolMaskOr __bitSwapLastTwo __bitWrapperFunc __getScalar __patchPartitionID __scalarSubqueryResult
  __toYearCalendarOnly addressToLine addressToLineWithInlines addressToSymbol aes_decrypt_mysql aes_encrypt_mysql aiClassify aiEmbed aiExtract
  aiGenerate aiTranslate authUser authenticatedUser blockSerializedSize blockSize buildId caseWithExpr caseWithExpression catboostEvaluate chdb
  colorOKLABToSRGB colorOKLCHToSRGB colorSRGBToOKLAB colorSRGBToOKLCH connectionId connection_id cosineDistanceTransposedQuantized currentProfiles
  currentQueryID currentRoles currentSchemas currentUser current_query_id current_schemas current_user cutToFirstSignificantSubdomainCustom
  cutToFirstSignificantSubdomainCustomRFC cutToFirstSignificantSubdomainCustomWithWWW cutToFirstSignificantSubdomainCustomWithWWWRFC decrypt
  defaultProfiles defaultRoles defaultValueOfTypeName demangle dequantizeInt8ToBFloat16 dictGet dictGetAll dictGetChildren dictGetDate
  dictGetDateOrDefault dictGetDateTime dictGetDateTimeOrDefault dictGetDescendants dictGetFloat32 dictGetFloat32OrDefault dictGetFloat64
  dictGetFloat64OrDefault dictGetHierarchy dictGetIPv4 dictGetIPv4OrDefault dictGetIPv6 dictGetIPv6OrDefault dictGetInt16 dictGetInt16OrDefault
  dictGetInt32 dictGetInt32OrDefault dictGetInt64 dictGetInt64OrDefault dictGetInt8 dictGetInt8OrDefault dictGetKeys dictGetOrDefault dictGetOrNull
  dictGetRoot dictGetString dictGetStringOrDefault dictGetUInt16 dictGetUInt16OrDefault dictGetUInt32 dictGetUInt32OrDefault dictGetUInt64
  dictGetUInt64OrDefault dictGetUInt8 dictGetUInt8OrDefault dictGetUUID dictGetUUIDOrDefault dictHas dictIsIn displayName dotProductTransposedQuantized
  dumpColumnStructure enabledProfiles enabledRoles encrypt evalMLMethod file filesystemAvailable filesystemCapacity filesystemUnreserved
  financialInternalRateOfReturn financialInternalRateOfReturnExtended financialNetPresentValue financialNetPresentValueExtended
  firstSignificantSubdomainCustom firstSignificantSubdomainCustomRFC formatQuery formatQueryOrNull formatQuerySingleLine formatQuerySingleLineOrNull
  formatRow formatRowNoNewline fullHostName fuzzBits fuzzQuery generateRandomStructure generateSerialID geoToMGRS geoToUTM getClientHTTPHeader getMacro
  getMaxTableNameLengthForDatabase getMergeTreeSetting getOSKernelVersion getServerPort getServerSetting getSetting getSettingOrDefault
  getSizeOfEnumType getSubcolumn getTypeSerializationStreams globalIn globalInIgnoreSet globalNotIn globalNotInIgnoreSet globalNotNullIn
  globalNotNullInIgnoreSet globalNullIn globalNullInIgnoreSet globalVariable hasColumnInTable hasThreadFuzzer highlight highlightQuery hop hopEnd
  hopStart hostName hostname icebergBucket icebergHash icebergTruncate ignore in inIgnoreSet indexHint initialQueryID initialQueryStartTime
  initial_query_id initial_query_start_time initializeAggregation isDynamicElementInSharedData isMergeTreePartCoveredBy joinGet joinGetOrNull logTrace
  lowCardinalityIndices lowCardinalityKeys mergeTreePartInfo naiveBayesClassifier naiveBayesClassifierWithAllProbs naiveBayesClassifierWithProb
  naiveBayesNgrams neighbor nested normalizeQuery normalizeQueryKeepNames normalizedQueryHash normalizedQueryHashKeepNames notIn notInIgnoreSet
  notNullIn notNullInIgnoreSet nowInBlock nowInBlock64 nullIn nullInIgnoreSet numericIndexedVectorAllValueSum numericIndexedVectorBuild
  numericIndexedVectorCardinality numericIndexedVectorGetValue numericIndexedVectorPointwiseAdd numericIndexedVectorPointwiseDivide
  numericIndexedVectorPointwiseEqual numericIndexedVectorPointwiseGreater numericIndexedVectorPointwiseGreaterEqual numericIndexedVectorPointwiseLess
  numericIndexedVectorPointwiseLessEqual numericIndexedVectorPointwiseMultiply numericIndexedVectorPointwiseNotEqual
  numericIndexedVectorPointwiseSubtract numericIndexedVectorShortDebugString numericIndexedVectorToMap obfuscateQuery obfuscateQueryWithSeed partitionID
  partitionId quantizeBFloat16ToInt8 queryID query_id randomHadamardTransform readWKB readWKBLineString readWKBMultiLineString readWKBMultiPolygon
  readWKBPoint readWKBPolygon readWKT readWKTLineString readWKTMultiLineString readWKTMultiPolygon readWKTPoint readWKTPolygon readWKTRing readWkb
  readWkt regionHierarchy regionIn regionToArea regionToCity regionToContinent regionToCountry regionToDistrict regionToName regionToPopulation
  regionToTopContinent reinterpret replicate revision runningConcurrency serverUUID session_user shardCount shardNum showCertificate sleep sleepEachRow
  sqid sqidDecode sqidEncode structureToCapnProtoSchema structureToProtobufSchema svg tcpPort throwIf tid timeSeriesCopyTag timeSeriesCopyTags
  timeSeriesExtractTag timeSeriesFromGrid timeSeriesGroupToSamplingKey timeSeriesGroupToTags timeSeriesIdToGroup timeSeriesIdToTags
  timeSeriesIdToTagsGroup timeSeriesJoinTags timeSeriesRange timeSeriesRemoveAllTagsExcept timeSeriesRemoveTag timeSeriesRemoveTags timeSeriesReplaceTag
  timeSeriesStoreTags timeSeriesTagsGroupToTags timeSeriesTagsToGroup timeSeriesThrowDuplicateSeriesIf tokenizeQuery transactionID
  transactionLatestSnapshot transactionOldestSnapshot tryDecrypt tumble tumbleEnd tumbleStart uptime user validateNestedArraySizes variantElement
  windowID wkb wkt zookeeperSessionUptime MVTEncode ST_AsMVT aggThrow categoricalInformationValue flameGraph groupFormat groupNumericIndexedVector
  nothing nothingNull nothingUInt64 stochasticLinearRegression stochasticLogisticRegression
`
  .trim()
  .split(/\s+/);

let trial: TypedSqlTrial;
beforeAll(async () => {
  trial = await TypedSqlTrial.open();
});
afterAll(async () => trial.close());

interface EngineFunction {
  readonly name: string;
  readonly is_aggregate: number;
  readonly case_insensitive: number;
}

const functions = async (): Promise<readonly EngineFunction[]> =>
  (
    await trial.unguarded(
      "SELECT name, is_aggregate, case_insensitive FROM system.functions WHERE origin = 'System'",
    )
  ).data as readonly EngineFunction[];

test('each function of the engine is allowed or refused by name', async () => {
  const all = await functions();
  const unnamed = all
    .filter(({ name }) => !isFunction(name) && !refused.includes(name))
    .map(({ name }) => name);
  expect(unnamed).toEqual([]);
  expect(refused.filter((name) => isFunction(name))).toEqual([]);
  const engine = new Set(all.map(({ name }) => name));
  expect(refused.filter((name) => !engine.has(name))).toEqual([]);
});

test('what is allowed are functions of the engine, of the kind and case that the lists say', async () => {
  const all = new Map((await functions()).map((each) => [each.name, each]));
  for (const [names, isAggregate, isAnyCase] of [
    [knownFunctions, 0, 0],
    [knownFunctionsInAnyCase, 0, 1],
    [knownAggregates, 1, 0],
    [knownAggregatesInAnyCase, 1, 1],
  ] as const) {
    const wrong = [...names].filter((name) => {
      const found = all.get(name);
      return found?.is_aggregate !== isAggregate || found.case_insensitive !== isAnyCase;
    });
    expect(wrong.filter((name) => name !== 'untuple' && name !== 'grouping')).toEqual([]);
  }
});

test('table functions that are allowed are functions of the engine', async () => {
  const { data } = await trial.unguarded('SELECT name FROM system.table_functions');
  const names = new Set((data as { name: string }[]).map(({ name }) => name));
  expect([...tableFunctions].filter((name) => !names.has(name))).toEqual([]);
});
