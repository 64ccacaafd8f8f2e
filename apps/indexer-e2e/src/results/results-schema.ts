import { resolve } from 'node:path';
import {
  createFormatter,
  createParser,
  createProgram,
  LiteralType,
  SchemaGenerator,
  UnionType,
  type CompletedConfig,
  type Schema,
  type SubNodeParser,
} from 'ts-json-schema-generator';
import ts from 'typescript';

const INDEXER = resolve(import.meta.dirname, '../../../indexer');

/** The JSON Schema of what each command prints with `--json`, made from the types of the results and their comments. */
export function resultsSchema(): Schema {
  const config = {
    path: `${INDEXER}/src/results/results.ts`,
    tsconfig: `${INDEXER}/tsconfig.lib.json`,
    type: 'Results',
    expose: 'export',
    topRef: true,
    jsDoc: 'extended',
    // `tsc -b` does that.
    skipTypeCheck: true,
    // Later versions add fields.
    additionalProperties: true,
  } as CompletedConfig;
  const program = createProgram(config);
  const parser = createParser(program, config, (chain) => chain.addNodeParser(namesParser(program.getTypeChecker())));
  return new SchemaGenerator(program, parser, createFormatter(config), config).createSchema('Results');
}

/** A schema that allows no field which it does not describe. */
export function closed<Part>(part: Part): Part {
  if (Array.isArray(part)) return part.map(closed) as Part;
  if (part === null || typeof part !== 'object') return part;
  const inner = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, closed(value)]));
  const isObject = inner['type'] === 'object' && inner['properties'] !== undefined;
  return (isObject ? { additionalProperties: false, ...inner } : inner) as Part;
}

/** Reads types that are a choice of names as the compiler does: the generator does not understand `keyof typeof`. */
function namesParser(checker: ts.TypeChecker): SubNodeParser {
  const namesOf = (node: ts.Node): string[] => {
    if (!ts.isTypeReferenceNode(node) || node.typeArguments !== undefined) return [];
    const type = checker.getTypeFromTypeNode(node);
    const all = type.isUnion() ? type.types : [type];
    return all.every((each) => each.isStringLiteral()) ? all.map(({ value }) => value) : [];
  };
  return {
    supportsNode: (node) => namesOf(node as ts.Node).length > 0,
    createType: (node) => new UnionType(namesOf(node as ts.Node).map((name) => new LiteralType(name))),
  };
}
