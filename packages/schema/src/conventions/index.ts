export { compileSql, type CompiledSql, type CompileSqlOptions } from './compile-sql.ts';
export { attributeText, derive, type DerivedFields, type DeriveInput } from './derive.ts';
export { type DerivedColumn, derivedColumns, type FieldName, fieldNames, fields } from './fields.ts';
