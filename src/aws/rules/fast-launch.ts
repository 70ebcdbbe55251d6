import type { PrepareContext } from '../../sdk/plugin.ts';
import type { FastLaunchOptions } from '../options/index.ts';

/** Which launch template a region prepares its snapshots with; undefined: the one AWS makes. */
export interface FastLaunchRegion {
  readonly region: string;
  readonly enabled: boolean;
  readonly templateId?: string | undefined;
  readonly templateName?: string | undefined;
  readonly templateVersion?: number | undefined;
}

/** Whether fast launch is wanted: any field of the block says so. */
export function wantsFastLaunch(options: FastLaunchOptions | undefined): options is FastLaunchOptions {
  if (!options) return false;
  const { enable_fast_launch: enabled, ...others } = options;
  return enabled === true || Object.values(others).some(value => value !== undefined);
}

/** The template choices by region; the fields outside region_launch_templates are for the build region. */
export function fastLaunchRegions(options: FastLaunchOptions, buildRegion: string | undefined): FastLaunchRegion[] {
  const regions: FastLaunchRegion[] = (options.region_launch_templates ?? []).map(one => ({
    region: one.region,
    enabled: one.enable_fast_launch !== false,
    templateId: one.template_id,
    templateName: one.template_name,
    templateVersion: one.template_version,
  }));
  if (options.template_id || options.template_name) {
    regions.unshift({
      region: buildRegion ?? '',
      enabled: true,
      templateId: options.template_id,
      templateName: options.template_name,
      templateVersion: options.template_version,
    });
  }
  return regions;
}

/** Rules of fast_launch (reference: amazon-ebs.json). */
export function checkFastLaunch(
  options: FastLaunchOptions | undefined,
  regions: { readonly build: string | undefined; readonly copies: readonly string[] },
  context: PrepareContext,
): void {
  if (!wantsFastLaunch(options)) return;
  const complain = (path: readonly (string | number)[], message: string, hint?: string): void =>
    context.error(['fast_launch', ...path], 'bad-fast-launch', message, hint);
  const launches = options.max_parallel_launches ?? 0;
  if (launches !== 0 && launches < 6)
    complain(['max_parallel_launches'], `fast launch takes at least 6 parallel launches, not ${launches}`);
  if ((options.target_resource_count ?? 0) < 0)
    complain(['target_resource_count'], 'target_resource_count must be at least 1');
  if (options.template_id && options.template_name) {
    complain(['template_name'], 'template_id and template_name both name a launch template', 'leave one of them out');
  }
  if (options.template_version !== undefined && !options.template_id && !options.template_name) {
    complain(['template_version'], 'a template version needs a template', 'add template_id or template_name');
  }
  const seen = new Set<string>(options.template_id || options.template_name ? [regions.build ?? ''] : []);
  for (const [index, one] of (options.region_launch_templates ?? []).entries()) {
    const at = ['region_launch_templates', index];
    if (!one.region) continue;
    if (seen.has(one.region)) complain([...at, 'region'], `region ${one.region} has two launch templates`);
    seen.add(one.region);
    if (regions.build !== undefined && one.region !== regions.build && !regions.copies.includes(one.region)) {
      complain([...at, 'region'], `the image does not go to region ${one.region}`, 'add it to ami_regions');
    }
    if (one.enable_fast_launch === false) continue;
    if (one.template_id && one.template_name) {
      complain(
        [...at, 'template_name'],
        'template_id and template_name both name a launch template',
        'leave one of them out',
      );
    } else if (!one.template_id && !one.template_name) {
      complain(at, `the entry of ${one.region} names no launch template`, 'add template_id or template_name');
    }
    if ((one.template_version ?? 1) < 0) complain([...at, 'template_version'], 'template versions start at 1');
  }
}
