import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { positionAt } from '../../../src/sdk/source.ts';
import { checkTemplateText, parseTemplate } from '../../../src/template/json/template.ts';
import { readCorpus } from '../corpus.ts';

const NULL = '"builders": [{"type": "null"}]';

function parse(text: string) {
  return parseTemplate({ path: 't.json', text });
}

/** Errors of the parse phase, which `-syntax-only` runs. */
function errors(text: string): string[] {
  return parse(text)
    .diagnostics.filter(one => one.severity === 'error')
    .map(one => `${one.code}: ${one.message}`);
}

function checked(text: string) {
  return checkTemplateText({ path: 't.json', text });
}

describe('template/json: what Packer 1.6.6 accepts with -syntax-only', () => {
  const accepted = [
    '{}',
    '{"builders": null}',
    '{"builders": [{"type": 1}]}',
    '{"builders": [{"TYPE": "null"}]}',
    '{"builders": [{"type": "null", "name": 5}]}',
    '{"builders": [{"type": "null", "name": null}]}',
    '{"builders": [{"type": "null"}, {"type": "null", "name": "Null"}]}',
    '{"provisioners": [{"type": "shell", "only": "x"}]}',
    '{"provisioners": [{"type": "shell", "only": 5}]}',
    '{"provisioners": [{"type": "shell", "only": {}}]}',
    '{"provisioners": [{"type": "shell", "only": [1, null]}]}',
    '{"provisioners": [{"type": "shell", "pause_before": 5.5}]}',
    '{"provisioners": [{"type": "shell", "pause_before": true}]}',
    '{"provisioners": [{"type": "shell", "pause_before": "-5s"}]}',
    '{"provisioners": [{"type": "shell", "max_retries": "x"}]}',
    '{"provisioners": [{"type": "shell", "max_retries": true}]}',
    '{"provisioners": [{"type": "shell", "override": {"x": 5}}]}',
    '{"provisioners": [{"type": "shell", "override": [{"a": {}}]}]}',
    '{"provisioners": [{"type": "shell", "override": null}]}',
    '{"error-cleanup-provisioner": null}',
    '{"error-cleanup-provisioner": {"type": "shell", "only": ["zz"]}}',
    '{"post-processors": [[]]}',
    '{"post-processors": [{"type": "a", "only": null, "keep_input_artifact": null}]}',
    '{"post-processors": [{"type": "a", "name": "n"}, {"type": "a", "name": "n"}]}',
    '{"variables": {"a": null, "": "x"}}',
    '{"variables": null, "description": null, "min_packer_version": null, "push": null, "comments": null}',
    '{"sensitive-variables": [null, "other"]}',
    '{"min_packer_version": "99"}',
    '{"push": {"a": 5}, "comments": [{"a": "b"}], "_": "x", "_c": "y"}',
    '{"Builders": [{"type": "null"}], "VARIABLES": {}}',
  ];
  for (const text of accepted) it(text, () => assert.deepEqual(errors(text), []));

  it('and "$schema", for editors', () => assert.deepEqual(errors('{"$schema": "kiln.schema.json"}'), []));
});

describe('template/json: what it refuses', () => {
  const refused: readonly (readonly [text: string, ...expected: string[]])[] = [
    ['[]', 'wrong-type: a template must be an object, not a list'],
    ['5', 'wrong-type: a template must be an object, not a number'],
    ['{"builders": {"type": "null"}}', 'wrong-type: "builders" must be a list, not an object'],
    ['{"builders": [1]}', 'wrong-type: builder 1 must be an object, not a number'],
    ['{"builders": [null]}', 'wrong-type: builder 1 must be an object, not null'],
    ['{"builders": [{"type": ["null"]}]}', 'wrong-type: the type of builder 1 must be a string, not a list'],
    ['{"builders": [{"type": ""}]}', 'missing-type: builder 1 has no type'],
    ['{"builders": [{"type": null}]}', 'missing-type: builder 1 has no type'],
    ['{"builders": [{"type": "null"}, {"type": "null"}]}', 'duplicate-builder: two builders are called "null"'],
    ['{"provisioners": {"type": "shell"}}', 'wrong-type: "provisioners" must be a list, not an object'],
    ['{"provisioners": ["shell"]}', 'wrong-type: provisioner 1 must be an object, not a string'],
    ['{"provisioners": [{}]}', 'missing-type: provisioner 1 has no type'],
    [
      '{"provisioners": [{"type": "s", "only": {"a": 1}}]}',
      'wrong-type: "only" must be a list of names, not an object',
    ],
    ['{"provisioners": [{"type": "s", "pause_before": ""}]}', 'bad-duration: "pause_before" is not a duration: ""'],
    ['{"provisioners": [{"type": "s", "pause_before": "5"}]}', 'bad-duration: "pause_before" is not a duration: "5"'],
    [
      '{"provisioners": [{"type": "s", "timeout": ["5s"]}]}',
      'wrong-type: "timeout" must be a duration such as "30s", not a list',
    ],
    [
      '{"provisioners": [{"type": "s", "max_retries": ["3"]}]}',
      'wrong-type: "max_retries" must be a string, not a list',
    ],
    ['{"provisioners": [{"type": "s", "override": 5}]}', 'wrong-type: "override" must be an object, not a number'],
    ['{"error-cleanup-provisioner": []}', 'wrong-type: error-cleanup-provisioner must be an object, not a list'],
    ['{"error-cleanup-provisioner": {}}', 'missing-type: error-cleanup-provisioner has no type'],
    ['{"post-processors": "x"}', 'wrong-type: "post-processors" must be a list, not a string'],
    [
      '{"post-processors": [5]}',
      'wrong-type: post-processor 1.1 must be a string, an object or a list of them, not a number',
    ],
    ['{"post-processors": [""]}', 'missing-type: post-processor 1.1 has no type'],
    ['{"post-processors": [["a", {"name": "b"}]]}', 'missing-type: post-processor 1.2 has no type'],
    ['{"post-processors": [["a", ["b"]]]}', 'nested-sequence: a sequence of post-processors cannot hold another one'],
    ['{"post-processors": [{"type": 5}]}', 'wrong-type: the type of post-processor 1.1 must be a string, not a number'],
    ['{"post-processors": [{"type": "a", "only": "x"}]}', 'wrong-type: "only" must be a list, not a string'],
    [
      '{"post-processors": [{"type": "a", "Only": [1]}]}',
      'wrong-type: item 1 of "only" must be a string, not a number',
    ],
    [
      '{"post-processors": [{"type": "a", "keep_input_artifact": "true"}]}',
      'wrong-type: "keep_input_artifact" must be true or false, not a string',
    ],
    ['{"variables": []}', 'wrong-type: "variables" must be an object, not a list'],
    ['{"variables": {"a": 1}}', 'wrong-type: the variable "a" must be a string, not a number'],
    ['{"sensitive-variables": "a"}', 'wrong-type: "sensitive-variables" must be a list, not a string'],
    ['{"description": 5}', 'wrong-type: "description" must be a string, not a number'],
    ['{"min_packer_version": 1}', 'wrong-type: "min_packer_version" must be a string, not a number'],
    ['{"push": 5}', 'wrong-type: "push" must be an object, not a number'],
    ['{"comments": {}}', 'wrong-type: "comments" must be a list, not an object'],
    ['{"comments": [{"a": 5}]}', 'wrong-type: the comment "a" must be a string, not a number'],
    ['{"_c": 5}', 'bad-comment: "_c" must be a string, not a number'],
    [`{${NULL}, "zz": 1}`, 'unknown-root-key: a template has no root key "zz"'],
    [`{${NULL}, "Builders": []}`, 'duplicate-key: "Builders" stands here a second time in another spelling'],
    [`{${NULL}, "source": []}`, 'hcl-only: "source" belongs to HCL2, not to JSON templates'],
    [`{${NULL}, "locals": {}}`, 'hcl-only: "locals" belongs to HCL2, not to JSON templates'],
    [
      '{"a": {"b": 1, "b": 2}, "builders": []}',
      'duplicate-key: "b" stands twice in the same object',
      'unknown-root-key: a template has no root key "a"',
    ],
    ['{"region": "eu-west-1", "access": "x"}', 'not-a-template: this is a variable file, not a template'],
  ];
  for (const [text, ...expected] of refused) it(text, () => assert.deepEqual(errors(text), expected));

  it('all at once, each with a place and most with advice', () => {
    const { diagnostics } = parse(`{
  "builder": [],
  "builders": [{"typ": "null"}, {"type": "null", "name": "a"}, {"type": "null", "name": "a"}],
  "provisioners": [{"type": "shell", "pause_before": 30}, {"type": "shell", "timeout": "5"}],
  "post-processors": [{"type": "x", "keep_input_artifact": "true"}, {"type": "y", "only": "a"}],
  "variables": {"n": 1}
}`);
    assert.deepEqual(
      diagnostics.map(({ span, severity, hint }) => {
        assert.ok(span);
        const { line, column } = positionAt(span.file, span.start);
        return `${line}:${column} ${severity} ${hint}`;
      }),
      [
        '2:3 error did you mean "builders"?',
        '6:22 error put it in double quotes: "1"',
        '3:16 error is "typ" meant to be "type"?',
        '3:89 error give one of them another "name"; without one, a builder is called like its type',
        '4:54 warning if seconds are meant write "30s"',
        '4:88 error the unit is missing: write "5s" for seconds',
        '5:60 error write true without quotes',
        '5:91 error write it as a list: ["a"]',
      ],
    );
  });
});

describe('template/json: references to builders', () => {
  const codes = (text: string): string[] => checked(text).map(one => `${one.code}: ${one.message}`);

  it('are needed: a template has builders', () => {
    for (const text of ['{}', '{"builders": []}', '{"builders": null}'])
      assert.deepEqual(codes(text), ['no-builders: the template has no builders']);
  });

  it('must name builders that exist, as written', () => {
    const text = `{"builders": [{"type": "null", "name": "web"}, {"type": "null", "name": "db-{{timestamp}}"}],
      "provisioners": [{"type": "shell", "only": ["wbe"]}, {"type": "shell", "except": ["db-{{timestamp}}"]}, {"type": "shell", "override": {"null": {}}}],
      "post-processors": [{"type": "manifest", "except": ["nothing-like-it"]}]}`;
    assert.deepEqual(
      checked(text).map(one => `${one.message} (${one.component}): ${one.hint}`),
      [
        'no builder is called "wbe" (provisioner 1 (shell)): did you mean "web"?',
        'no builder is called "nothing-like-it" (post-processor 1.1 (manifest)): the builders are "web", "db-{{timestamp}}"',
        'no builder is called "null" (provisioner 3 (shell)): the builder of that type is called "web"',
      ],
    );
  });

  it('cannot be both only and except', () => {
    const text = `{${NULL}, "provisioners": [{"type": "shell", "only": ["null"], "except": ["null"]}]}`;
    assert.deepEqual(codes(text), [
      'only-and-except: both "only" and "except" are given, where just one of them can apply',
    ]);
  });

  it('are not checked for the clean-up provisioner, as in Packer', () => {
    assert.deepEqual(codes(`{${NULL}, "error-cleanup-provisioner": {"type": "shell", "only": ["zz"]}}`), []);
  });

  it('are not complained about when a builder could not be read', () => {
    const text = '{"builders": [{"name": "web"}], "provisioners": [{"type": "shell", "only": ["web"]}]}';
    assert.deepEqual(codes(text), ['missing-type: builder 1 has no type']);
  });

  it('in overrides must be objects of options', () => {
    const text = `{${NULL}, "provisioners": [{"type": "shell", "override": {"null": 5}}]}`;
    assert.deepEqual(codes(text), ['wrong-type: the override for "null" must be an object of options']);
  });
});

describe('template/json: the corpus', () => {
  it('gets the verdict of `packer validate -syntax-only` on all 93 templates', function () {
    const corpus = readCorpus();
    if (!corpus) return this.skip();
    assert.equal(corpus.length, 93);
    for (const { file, text, syntaxOnly } of corpus) {
      const invalid = parseTemplate({ path: file, text }).diagnostics.some(one => one.severity === 'error');
      assert.equal(invalid ? 1 : 0, syntaxOnly.exit, file);
    }
  });
});
