import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { failure } from './engine.ts';

/** Text, the part that is blamed, the message, the hint. */
const cases: readonly (readonly [text: string, part: string, message: RegExp, hint?: RegExp])[] = [
  ['ab {{ uppr `x` }}', 'uppr', /function "uppr" is not defined/, /did you mean "upper"/],
  ['{{ isotime | clean_ami_name }}', 'clean_ami_name', /not defined/, /clean_resource_name.*kiln fix/],
  ['{{ user region }}', 'region', /not defined/, /quote the name: \{\{ user `region` \}\}/],
  ['{{ user.region }}', 'user.region', /no fields/, /\{\{ user `region` \}\}/],
  ["{{ user 'region' }}", "'region'", /not a single character/, /`region`/],
  ["{{ user 'r' }}", "'r'", /expected a string/, /`r`/],
  ['{{ user 7 }}', '7', /expected a string, found 7/, /quote it/],
  ['{{ user("region") }}', '(', /unexpected "\("/, /without parentheses/],
  ['{{ var.region }}', 'var', /not defined/, /HCL2.*user `NAME`/],
  ['{{ formatdate "YYYY" "x" }}', 'formatdate', /not defined/, /HCL2.*isotime/],
  ['{{ .user `x` }}', '.user', /no function/, /without a dot/],
  ['{{ user `x` }', '}', /unexpected "}"/, /two braces/],
  ['x {{ user `x`', '{{', /not closed/, /missing }}/],
  ['{{ if eq 1 2 }}x', '{{ if eq 1 2 }}', /not closed/, /\{\{end\}\}/],
  ['x{{ end }}', '{{ end }}', /without a block/],
  ['{{ if 1 }}{{else}}{{ else }}{{end}}', '{{ else }}', /has an \{\{else\}\} already/],
  ['{{ break }}', '{{ break }}', /outside of \{\{range\}\}/],
  ['{{ $x }}', '$x', /not declared/, /\$x := /],
  ['{{ }}', '}}', /no value/],
  ['{{ 1 | 2 }}', '2', /must be a function/],
  ['{{ print (1 }}', '(', /not closed/],
  ['{{ print 1) }}', ')', /no matching/],
  ['{{ "a\\qb" }}', '\\q', /not an escape/, /backquotes/],
  ['{{ \u201cx\u201d }}', '\u201c', /cannot stand/, /curly quotes/],
  ['{{ 1a }}', '1a', /not a number/],
  ['{{ a-b }}', '-', /unexpected "-" after "a"/],
  ['{{ /* x */ }}', '/', /unexpected "\/"/, /directly/],
  ['{{/* x }}', '{{/*', /comment is not closed/],
  ['{{ replace `a`, `b` }}', ',', /unexpected ","/, /not commas/],
  ['{{ if user `a` == `b` }}{{end}}', '=', /unexpected "="/, /eq/],
  ['{{ sed `s/a/b/` `x` }}', 'sed `s/a/b/` `x`', /deprecated/, /replace/],
  ['{{ split `a-b` `-` 2 }}', 'split `a-b` `-` 2', /no part 2.*2 parts/],
  ['{{ split `a-b` `-` -1 }}', 'split `a-b` `-` -1', /no part -1/],
  ['{{ isotime `a` `b` }}', 'isotime `a` `b`', /one layout/],
  ['{{ upper }}', 'upper', /want 1, got 0/],
  ['{{ `x` | upper `y` }}', 'upper `y`', /want 1, got 2/, /last argument/],
  ['{{ upper .Nope }}', '.Nope', /there is no value/],
  ['{{ upper (len `x`) }}', '(len `x`)', /value of type int/],
  ['{{ eq 1 `1` }}', 'eq 1 `1`', /incompatible types.*int and string/],
  ['{{ template "T" }}', '{{ template "T" }}', /"T" is not defined/],
  ['{{define "T"}}a{{end}}{{define "T"}}b{{end}}', '{{define "T"}}', /defined twice/],
  ['{{ range `abc` }}{{end}}', '`abc`', /cannot walk over string/],
  ['{{ elseif }}', 'elseif', /not defined/, /else if/],
  ['{{ default `x` `y` }}', 'default', /not defined/, /or value/],
];

describe('errors', () => {
  for (const [text, part, message, hint] of cases)
    it(text, () => {
      const error = failure(text);
      assert.match(error.message, message);
      assert.equal(error.part, part);
      if (hint) assert.match(error.hint ?? '', hint);
    });
});
