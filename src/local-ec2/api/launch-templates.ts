/** Actions on launch templates. */
import { ApiError, invalidCombination, missingParameter } from '../protocol/errors.ts';
import { boolean, filters, integer, list, required, string, struct, tagSpecifications } from '../protocol/params.ts';
import type { Xml } from '../protocol/xml.ts';
import { newId } from '../store/ids.ts';
import type { LaunchTemplateRecord } from '../store/model.ts';
import { type Action, action, type Call } from './action.ts';
import { matcher } from './filters.ts';
import { type LaunchParameters, launchFields } from './instances/fields.ts';
import { find, select } from './kinds.ts';
import { page } from './paging.ts';
import { tagSet, tagsFor } from './tagging.ts';
import { recall, remember } from './tokens.ts';

interface TemplateReference {
  readonly LaunchTemplateId: string | undefined;
  readonly LaunchTemplateName: string | undefined;
}

/** The template of an id or a name. Throws InvalidLaunchTemplate*.NotFound*. */
export function templateOf(call: Call, reference: TemplateReference): LaunchTemplateRecord {
  const { LaunchTemplateId: id, LaunchTemplateName: name } = reference;
  if (id && name) throw invalidCombination('Specify either a launch template ID or a launch template name, not both');
  if (id) return find(call, 'launchTemplates', id);
  if (!name) throw missingParameter('LaunchTemplateId or LaunchTemplateName');
  const found = Object.values(call.state.launchTemplates).find(one => one.name === name);
  if (!found)
    throw new ApiError(
      'InvalidLaunchTemplateName.NotFoundException',
      `The specified launch template, with template name ${name}, does not exist.`,
    );
  return find(call, 'launchTemplates', found.id);
}

/** A version of a template: a number, `$Latest` or `$Default`. */
export function templateVersion(
  call: Call,
  reference: TemplateReference & { readonly Version: string | undefined },
): { readonly template: LaunchTemplateRecord; readonly number: number; readonly data: LaunchParameters } {
  const template = templateOf(call, reference);
  const wanted = reference.Version || '$Default';
  const number = wanted === '$Latest' ? template.versions.length : wanted === '$Default' ? 1 : Number(wanted);
  const version = template.versions[number - 1];
  if (!version)
    throw new ApiError(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find launch template version ${wanted} for template ${template.id}`,
    );
  return { template, number, data: version.data as LaunchParameters };
}

function templateXml(call: Call, template: LaunchTemplateRecord): Xml {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    createTime: new Date(template.createdAt),
    createdBy: `arn:aws:iam::${call.world.accountId}:root`,
    defaultVersionNumber: 1,
    latestVersionNumber: template.versions.length,
    tagSet: tagSet(template.tags),
  };
}

const { KernelId, ...templateFields } = launchFields;
const templateData = struct({ ...templateFields, KernelId, RamDiskId: string });

const createLaunchTemplate = action(
  {
    LaunchTemplateName: required(string),
    LaunchTemplateData: required(templateData),
    VersionDescription: string,
    TagSpecification: tagSpecifications,
    ClientToken: string,
  },
  (call, input) => {
    const known = recall(call, input.ClientToken, input);
    if (known?.[0]) return { launchTemplate: templateXml(call, find(call, 'launchTemplates', known[0])) };
    const name = input.LaunchTemplateName;
    if (!/^[A-Za-z0-9().\-/_]{3,128}$/.test(name))
      throw new ApiError(
        'InvalidLaunchTemplateName.MalformedException',
        `Launch template name '${name}' must be 3 to 128 characters of a-z, A-Z, 0-9, (, ), ., -, / and _`,
      );
    if (Object.values(call.state.launchTemplates).some(one => one.name === name))
      throw new ApiError('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
    const at = call.world.now();
    const template: LaunchTemplateRecord = {
      id: newId('lt'),
      tags: tagsFor(input.TagSpecification, 'launch-template'),
      createdAt: at,
      name,
      versions: [
        {
          at,
          ...(input.VersionDescription && { description: input.VersionDescription }),
          data: input.LaunchTemplateData,
        },
      ],
    };
    call.state.launchTemplates[template.id] = template;
    remember(call, input.ClientToken, input, [template.id]);
    call.world.touch();
    return { launchTemplate: templateXml(call, template) };
  },
);

const createLaunchTemplateVersion = action(
  {
    LaunchTemplateId: string,
    LaunchTemplateName: string,
    SourceVersion: string,
    LaunchTemplateData: required(templateData),
    VersionDescription: string,
    ClientToken: string,
  },
  (call, input) => {
    const template = templateOf(call, input);
    const at = call.world.now();
    const description = input.VersionDescription ? { description: input.VersionDescription } : {};
    template.versions.push({ at, ...description, data: input.LaunchTemplateData });
    call.world.touch();
    return {
      launchTemplateVersion: {
        launchTemplateId: template.id,
        launchTemplateName: template.name,
        versionNumber: template.versions.length,
        createTime: new Date(at),
        defaultVersion: false,
      },
    };
  },
);

const describeLaunchTemplates = action(
  {
    LaunchTemplateId: list(string),
    LaunchTemplateName: list(string),
    IncludeManagedResources: boolean,
    Filter: filters,
    MaxResults: integer,
    NextToken: string,
  },
  (call, input) => {
    const named = input.LaunchTemplateName.map(
      name => templateOf(call, { LaunchTemplateId: undefined, LaunchTemplateName: name }).id,
    );
    const byFilter = matcher<LaunchTemplateRecord>(input.Filter, {
      'launch-template-name': one => one.name,
      'create-time': one => new Date(one.createdAt).toISOString(),
    });
    const found = select(call, 'launchTemplates', [...named, ...input.LaunchTemplateId], byFilter);
    const { items, nextToken } = page(found, input, { min: 1, max: 200 });
    return { launchTemplates: items.map(one => templateXml(call, one)), nextToken };
  },
);

const describeLaunchTemplateVersions = action(
  {
    LaunchTemplateId: string,
    LaunchTemplateName: string,
    LaunchTemplateVersion: list(string),
    MinVersion: string,
    MaxVersion: string,
    ResolveAlias: boolean,
    IncludeManagedResources: boolean,
    MaxResults: integer,
    NextToken: string,
    Filter: filters,
  },
  (call, input) => {
    const template = templateOf(call, input);
    const wanted = input.LaunchTemplateVersion.map(Version => templateVersion(call, { ...input, Version }).number);
    const rows = template.versions.flatMap((version, index) => {
      if (wanted.length > 0 && !wanted.includes(index + 1)) return [];
      const { ImageId, InstanceType } = version.data as LaunchParameters;
      return [
        {
          launchTemplateId: template.id,
          launchTemplateName: template.name,
          versionNumber: index + 1,
          versionDescription: version.description,
          createTime: new Date(version.at),
          defaultVersion: index === 0,
          launchTemplateData: { imageId: ImageId, instanceType: InstanceType },
        },
      ];
    });
    const { items, nextToken } = page(rows, input, { min: 1, max: 200 });
    return { launchTemplateVersionSet: items, nextToken };
  },
);

const deleteLaunchTemplate = action({ LaunchTemplateId: string, LaunchTemplateName: string }, (call, input) => {
  const template = templateOf(call, input);
  delete call.state.launchTemplates[template.id];
  call.world.touch();
  return { launchTemplate: templateXml(call, template) };
});

export const launchTemplateActions: Readonly<Record<string, Action>> = {
  CreateLaunchTemplate: createLaunchTemplate,
  CreateLaunchTemplateVersion: createLaunchTemplateVersion,
  DescribeLaunchTemplates: describeLaunchTemplates,
  DescribeLaunchTemplateVersions: describeLaunchTemplateVersions,
  DeleteLaunchTemplate: deleteLaunchTemplate,
};
