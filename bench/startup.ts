// Start-up of the commands that pre-commit hooks run, against bare Node and packer.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, compare, onPath, peakMemory, printTable } from './measure.ts';

const ROUNDS = 15;

export async function benchStartup(kiln: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'));
  try {
    await run(kiln, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function template(builders: number, provisioners: number): string {
  const builder = (index: number): object => ({
    type: 'amazon-ebs',
    name: `web-${index}`,
    region: 'us-east-1',
    source_ami: 'ami-12345678',
    instance_type: 't3.micro',
    ssh_username: 'ubuntu',
    ami_name: `web-${index}-{{timestamp}}`,
  });
  return JSON.stringify({
    builders: Array.from({ length: builders }, (_, index) => builder(index)),
    provisioners: Array.from({ length: provisioners }, (_, index) => ({
      type: 'shell',
      inline: [`echo ${index}`, 'sleep 0'],
    })),
  });
}

/** Variables, locals and sources in files of a folder, and a build of some of them: 2,000 lines. */
function hclFolder(): Record<string, string> {
  const part = (index: number): string => `variable "v${index}" {
  type        = string
  default     = "value-${index}"
  description = "Number ${index}"
}

locals {
  l${index} = upper("x-\${var.v${index}}")
}

source "amazon-ebs" "s${index}" {
  region        = "us-east-1"
  ami_name      = "web-\${local.l${index}}"
  instance_type = "t3.micro"
  source_ami    = "ami-12345678"
  ssh_username  = "ubuntu"
  tags = {
    Name = "web"
    Env  = var.v${index}
  }
}
`;
  const files = Array.from({ length: 10 }, (_, file): [string, string] => [
    `part-${file}.pkr.hcl`,
    Array.from({ length: 8 }, (_, index) => part(file * 8 + index)).join('\n'),
  ]);
  const provisioner = (index: number): string =>
    `  provisioner "shell" {\n    inline = ["echo \${local.l${index}}"]\n    env = {\n      N = "${index}"\n    }\n  }\n`;
  const sources = Array.from({ length: 20 }, (_, index) => `"amazon-ebs.s${index}"`).join(', ');
  const provisioners = Array.from({ length: 20 }, (_, index) => provisioner(index)).join('\n');
  return { ...Object.fromEntries(files), 'build.pkr.hcl': `build {\n  sources = [${sources}]\n\n${provisioners}}\n` };
}

async function run(kiln: readonly string[], folder: string): Promise<void> {
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const one = file('one.json', template(1, 1));
  const fifty = file('fifty.json', template(50, 1));
  const huge = file('huge.json', template(200, 2000));
  const hcl = file(
    'one.pkr.hcl',
    'source "null" "x" {\n  communicator = "none"\n}\n\nbuild {\n  sources = ["source.null.x"]\n}\n',
  );
  const many = Array.from({ length: 200 }, (_, index) => file(`many-${index}.json`, template(1, 1)));
  const thousand = Array.from({ length: 1000 }, (_, index) =>
    file(`fmt-${index}.json`, `${JSON.stringify(JSON.parse(template(1, 1)), null, 2)}\n`),
  );

  const folderOf = (name: string, texts: Readonly<Record<string, string>>): string => {
    mkdirSync(join(folder, name));
    for (const [path, text] of Object.entries(texts)) file(join(name, path), text);
    return join(folder, name);
  };
  const hclTemplate = folderOf('hcl', hclFolder());
  const [part = ''] = Object.values(hclFolder());
  const hclFiles = folderOf(
    'hcl-files',
    Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`fmt-${index}.pkr.hcl`, part.slice(0, part.indexOf('\nvariable'))]),
    ),
  );

  const node = { argv: [process.execPath, '-e', '0'] };
  const command = (...args: string[]): Command => ({ argv: [...kiln, ...args], options: { cwd: folder } });
  const packer = onPath('packer');
  const peer = (...args: string[]): Command => ({
    argv: ['packer', ...args],
    options: { cwd: folder, env: { ...process.env, CHECKPOINT_DISABLE: '1' } },
  });

  const small = await compare(
    {
      'node -e 0': node,
      'kiln version': command('version'),
      'kiln validate, 1 builder': command('validate', one),
      'kiln inspect': command('inspect', one),
      'kiln fix': command('fix', one),
      'kiln fmt, JSON': command('fmt', '-write=false', one),
      'kiln fmt -check, HCL': command('fmt', '-check', hcl),
      ...(packer && { 'packer validate, 1 builder': peer('validate', one) }),
    },
    ROUNDS,
  );
  const bare = small['node -e 0']?.median ?? 1;
  const peerTime = small['packer validate, 1 builder']?.median;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const ratio = (value: number, to: number | undefined): string =>
    to === undefined ? '-' : `${(value / to).toFixed(2)}x`;
  printTable(
    `Start-up, median of ${ROUNDS}`,
    ['command', 'wall', 'to bare Node', 'to packer validate'],
    Object.entries(small).map(([name, { median }]) => [name, ms(median), ratio(median, bare), ratio(median, peerTime)]),
  );

  const large = await compare(
    {
      'kiln validate, 50 builders': command('validate', fifty),
      ...(packer && { 'packer validate, 50 builders': peer('validate', fifty) }),
      'kiln validate, 200 builders x 2,000 provisioners': command('validate', huge),
      'kiln validate, 200 templates in one call': command('validate', ...many),
      'kiln validate, HCL folder of 2,000 lines': command('validate', hclTemplate),
      'kiln fmt -check, 500 HCL files': command('fmt', '-check', hclFiles),
      'kiln fmt -check, 1,000 files': { ...command('fmt', '-check', ...thousand), expect: 3 },
    },
    packer ? 3 : 5,
  );
  const fiftyPeer = large['packer validate, 50 builders']?.median;
  const peers: Readonly<Record<string, number | undefined>> = {
    'kiln validate, 50 builders': fiftyPeer,
    'kiln validate, 200 templates in one call': peerTime === undefined ? undefined : peerTime * 200,
  };
  printTable(
    'Large inputs',
    ['command', 'wall', 'packer takes', 'times faster'],
    Object.entries(large).map(([name, { median }]) => [
      name,
      ms(median),
      peers[name] ? ms(peers[name] ?? 0) : '-',
      peers[name] ? ((peers[name] ?? 0) / median).toFixed(1) : '-',
    ]),
  );

  const memory = [
    ['kiln', await peakMemory(command('validate', fifty))],
    ...(packer ? [['packer', await peakMemory(peer('validate', fifty))] as const] : []),
  ] as const;
  const peerMemory = memory[1]?.[1];
  printTable(
    'Memory of validate, 50 builders: peak PSS of the process tree',
    ['command', 'MiB', 'to packer'],
    memory.map(([name, value]) => [
      String(name),
      Number(value).toFixed(0),
      ratio(Number(value), peerMemory === undefined ? undefined : Number(peerMemory)),
    ]),
  );
}
