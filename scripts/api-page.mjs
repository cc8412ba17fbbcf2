// Writes docs/api.md: what src/engine/index.ts exports, with types and docstrings. `node scripts/api-page.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as prettier from 'prettier';
import ts from 'typescript';
import { root } from './run-step.mjs';

const INDEX = 'src/engine/index.ts';
const PAGE = 'docs/api.md';

const HEAD = `# The library

What \`import … from 'statelog'\` gives. \`node scripts/api-page.mjs\` writes this page from \`${INDEX}\` and the docstrings behind it;
a test fails where they disagree. [examples](../examples) has programs to start from, [errors.md](errors.md) the codes of
\`StatelogError\`, [durability.md](durability.md) what is on disk when a call returns.

Keys and values are bytes (\`Uint8Array\`, so also \`Buffer\`). 64-bit numbers are \`bigint\`; positions and counts are \`number\`.
`;

/**
 * The page as the sources call for it.
 * @returns {Promise<string>} Markdown
 * @throws Error where an export mentions a type of ours that the index does not export
 */
export async function apiPage() {
  const modules = new Map();
  const sections = sectionsOf(parsed(INDEX, readFileSync(path.join(root, INDEX), 'utf8')));
  const exported = new Set(sections.flatMap(({ names }) => names.map(({ name }) => name)));
  const mentioned = new Map();
  const parts = sections.map(({ title, names }) => {
    const entries = names.map(({ name, file }) => {
      const declarations = declarationsOf(modules, file, name);
      for (const node of declarations) noteMentions(modules, node, file, exported, mentioned);
      return entryOf(name, file, declarations);
    });
    return `## ${title}\n\n${entries.join('\n\n')}`;
  });
  if (mentioned.size > 0)
    throw new Error(`${INDEX} exports no ${[...mentioned.keys()].join(', ')}, which its exports mention`);
  const text = [HEAD, ...parts].join('\n\n');
  const options = await prettier.resolveConfig(path.join(root, PAGE));
  return prettier.format(text, { ...options, parser: 'markdown' });
}

function parsed(file, text) {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** A comment in the index that stands alone heads the exports up to the next one. */
function sectionsOf(index) {
  const sections = [];
  for (const statement of index.statements) {
    const comments = ts.getLeadingCommentRanges(index.text, statement.getFullStart()) ?? [];
    const heading = comments.filter(({ kind }) => kind === ts.SyntaxKind.SingleLineCommentTrivia).at(-1);
    if (heading !== undefined)
      sections.push({ title: index.text.slice(heading.pos + 3, heading.end).replace(/\.$/, ''), names: [] });
    const file = resolved(INDEX, statement.moduleSpecifier.text);
    sections
      .at(-1)
      .names.push(...statement.exportClause.elements.map((element) => ({ name: element.name.text, file })));
  }
  return sections;
}

function resolved(from, specifier) {
  return path.posix.join(path.posix.dirname(from), specifier.replace(/\.js$/, '.ts'));
}

/** A module as its declarations alone. Every export has its types written out, so that it needs no other module. */
function declared(modules, file) {
  if (!modules.has(file)) {
    const { outputText } = ts.transpileDeclaration(readFileSync(path.join(root, file), 'utf8'), {
      fileName: file,
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.Node20 },
    });
    modules.set(file, parsed(file, outputText));
  }
  return modules.get(file);
}

function declarationsOf(modules, file, name) {
  const { statements } = declared(modules, file);
  const nodes = statements.filter((node) => namesOf(node).includes(name));
  if (nodes.length > 0) return nodes;
  const passedOn = statements.find(
    (node) =>
      ts.isExportDeclaration(node) &&
      node.exportClause?.elements.some((element) => element.name.text === name),
  );
  if (passedOn === undefined) throw new Error(`${file} declares no ${name}`);
  return declarationsOf(modules, resolved(file, passedOn.moduleSpecifier.text), name);
}

function namesOf(node) {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.map((variable) => variable.name.getText());
  return node.name === undefined ? [] : [node.name.text];
}

/** Collects interfaces, types and base classes of ours that a declaration mentions and the index does not export. */
function noteMentions(modules, declaration, file, exported, mentioned) {
  const visit = (node) => {
    if (ts.isClassElement(node) && isHidden(node)) return;
    const isBase = ts.isExpressionWithTypeArguments(node);
    const name = (
      isBase ? node.expression : ts.isTypeReferenceNode(node) ? node.typeName : undefined
    )?.getText();
    if (name !== undefined && !exported.has(name) && !mentioned.has(name)) {
      const found = typesNamed(modules, node.getSourceFile(), name, isBase);
      if (found !== undefined) {
        mentioned.set(name, found);
        for (const next of found.declarations) noteMentions(modules, next, found.file, exported, mentioned);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
}

function typesNamed(modules, source, name, isBase) {
  const isOurs = (node) =>
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    (isBase && ts.isClassDeclaration(node));
  const here = source.statements.filter((node) => isOurs(node) && node.name.text === name);
  if (here.length > 0) return { file: source.fileName, declarations: here };
  const imported = source.statements.find(
    (node) =>
      ts.isImportDeclaration(node) &&
      node.moduleSpecifier.text.startsWith('.') &&
      node.importClause?.namedBindings?.elements?.some((element) => element.name.text === name),
  );
  if (imported === undefined) return undefined;
  const other = declared(modules, resolved(source.fileName, imported.moduleSpecifier.text));
  return typesNamed(modules, other, name, isBase);
}

function entryOf(name, file, declarations) {
  const prose = declarations.map(docstringOf).filter((text) => text !== '');
  const code = declarations.map((node) => shown(node)).join('\n\n');
  if (/\bany\b/.test(code.replaceAll(/\/\*\*[\s\S]*?\*\//g, '')))
    throw new Error(`${file}: a type of ${name} is not written out`);
  return [`### ${name}`, ...prose, `\`\`\`ts\n${code}\n\`\`\``, `From [\`${file}\`](../${file}).`].join(
    '\n\n',
  );
}

/** The docstring as Markdown, each tag a line of a list. */
function docstringOf(node) {
  const range = (ts.getLeadingCommentRanges(node.getSourceFile().text, node.getFullStart()) ?? []).at(-1);
  if (range === undefined) return '';
  const lines = node
    .getSourceFile()
    .text.slice(range.pos + 3, range.end - 2)
    .split('\n');
  const text = lines.map((line) => line.replace(/^\s*\* ?/, '').trimEnd()).join('\n');
  return text
    .trim()
    .replaceAll(/\s*@throws\s+(\w+Error)\s*/g, '\n\n- Throws `$1`: ')
    .replaceAll(/\s*@throws\s+/g, '\n\n- Throws ')
    .replaceAll(/\s*@returns?\s+/g, '\n\n- Returns ')
    .replaceAll(/\s*@param\s+([\w.]+)\s+/g, '\n\n- `$1`: ');
}

/** What a caller may not touch. */
function isHidden(member) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    (ts.getCombinedModifierFlags(member) & hidden) !== 0 ||
    (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
    /@internal/.test(member.getFullText())
  );
}

/** The text of a declaration, without its docstring and what a caller may not touch. */
function shown(node) {
  const start = node.getStart();
  let text = node.getText();
  const hidden = ts.isClassDeclaration(node) ? node.members.filter(isHidden) : [];
  for (const member of hidden.reverse())
    text = text.slice(0, member.getFullStart() - start) + text.slice(member.getEnd() - start);
  return text.replace(/^export (declare )?/, '');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(path.join(root, PAGE), await apiPage());
}
