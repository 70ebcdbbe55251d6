const PIECES = [
  '"', '}', '{', ']', '[', '\n', '\r\n', ',', '=', '${', '%{', '~}', '$', '\\', '(', ')', '#', '//', '/*', '*/', '<<E\n', '<<-E\n  x\n  E\n', "'", '.', '*', '[*]', '.*',
  '?', ':', '...', '!', '-', '&&', '=>', '\0', '\ufeff', '\ud800', '\u00a0', '😀', '\t', '1e999', '0x1f', '99999999999999999999', '1e99999999', '-1', 'null', 'true',
  'var.x', 'var', 'local.a', 'local', 'data.null.d.output', 'source.name', 'build.ID', 'path.root', 'self', 'each.value', '"${var.region}"', '%{ for x in [1] }', '%{ endif }',
  'for x in var.list : x', '[for k, v in {a = 1} : k => v...]', 'range(100000)', 'range(-9)', 'format("%999999999s", "x")', 'format("%*d", 1)', 'pow(10, 99999)', 'pow(2, -1)', '1 / 0', '7 % 0',
  'regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")', 'indent(99999999, "a\\nb")', 'setproduct(range(999), range(999))', 'cidrsubnets("10.0.0.0/8", 24, 24)', 'parseint("zz", 37)',
  'jsondecode("{")', 'yamldecode("a: [")', 'templatefile("x", {})', 'file("/dev/zero")', 'fileset("/", "**")', 'base64gzip("")', 'bcrypt("x", 4)', 'substr("é", 1, -1)', 'convert({}, map(any))',
  'timeadd("", "1h")', 'legacy_isotime("x")', 'element([], 1)', 'chunklist([1], -1)', 'zipmap([1], [])', 'flatten([[[]]])', 'try(1, 2)', 'can(x)', 'merge(null, {})', 'uuidv5("x", "y")', 'sum([])',
  'variable "x" {\n type = object({a = optional(string, 1)})\n}\n', 'variable "region" {}\n', 'locals {\n a = local.b\n b = local.a\n}\n', 'local "a" { expression = 1 }\n', 'build {\n}\n',
  'data "null" "d" {\n input = "x"\n}\n', 'data "amazon-ami" "a" {\n}\n', 'data "http" "h" {\n url = data.null.d.output\n}\n', 'source "null" "n" {\n}\n', 'packer {\n required_version = ">= 9"\n}\n',
  'dynamic "provisioner" {\n for_each = [1, 2]\n labels = ["shell"]\n content {}\n}\n', 'dynamic "tag" {\n for_each = {a = 1}\n content { key = tag.key }\n}\n', 'provisioner "shell" {\n inline = [1]\n}\n',
  'post-processors {\n post-processor "x" {}\n}\n', 'only = ["x"]\n', 'override = { x = 1 }\n', 'max_retries = "a"\n', 'timeout = "5"\n', 'name = null\n', 'sensitive = true\n', 'required_plugins {\n x = 1\n}\n',
]; // biome-ignore format: a list of texts

/** An HCL text with one to four things changed: pieces put in, cut out, doubled, exchanged with those of another text, or the end lost. */
export function mutateHcl(text: string, other: string, random: () => number): string {
  const below = (limit: number): number => Math.floor(random() * limit);
  const lines = other.split('\n');
  let result = text;
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(result.length + 1);
    const length = Math.floor(random() ** 4 * 120);
    const piece = PIECES[below(PIECES.length)] ?? '';
    switch (below(8)) {
      case 0:
        result = result.slice(0, at) + piece + result.slice(at);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(at + 1 + length);
        break;
      case 2:
        result = result.slice(0, at + length) + result.slice(at);
        break;
      case 3:
        result = result.slice(0, at) + piece + result.slice(at + 1);
        break;
      case 4:
        if (random() < 0.2) result = result.slice(0, at);
        break;
      case 5: {
        const end = result.indexOf('\n', at) + 1;
        result = `${result.slice(0, end)}${lines.slice(below(lines.length)).slice(0, below(8)).join('\n')}\n${result.slice(end)}`;
        break;
      }
      case 6:
        result = changeValue(result, at, piece);
        break;
      default:
        result =
          result.slice(0, at) +
          result.slice(at).replace(/[a-z_]+/, lines[below(lines.length)]?.trim().split(/[^a-z_]/)[0] ?? '');
    }
  }
  return result;
}

/** Another value for the next argument. */
function changeValue(text: string, at: number, value: string): string {
  return text.slice(0, at) + text.slice(at).replace(/= .*/, () => `= ${value}`);
}
