/** Attaching and detaching volumes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../sdk/errors.ts';
import { ApiError, invalidParameter } from '../../protocol/errors.ts';
import { boolean, integer, required, string } from '../../protocol/params.ts';
import type { InstanceRecord, VolumeRecord } from '../../store/model.ts';
import { action } from '../action.ts';
import { checkDeviceName } from '../images/mappings.ts';
import { find, peek } from '../kinds.ts';
import { attachmentXml } from './view.ts';

export const attachVolume = action(
  { VolumeId: required(string), InstanceId: required(string), Device: required(string), EbsCardIndex: integer },
  (call, input) => {
    const volume = find(call, 'volumes', input.VolumeId);
    const instance = find(call, 'instances', input.InstanceId);
    checkDeviceName(input.Device);
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw new ApiError('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
    if (volume.state !== 'available') {
      if (volume.state === 'in-use')
        throw new ApiError('VolumeInUse', `${volume.id} is already attached to an instance`);
      throw new ApiError('IncorrectState', `Volume ${volume.id} is not 'available'.`);
    }
    if (volume.zone !== instance.zone)
      throw new ApiError(
        'InvalidVolume.ZoneMismatch',
        `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
      );
    if (instance.disks.some(disk => disk.device === input.Device))
      throw invalidParameter(
        `Invalid value '${input.Device}' for unixDevice. Attachment point ${input.Device} is already in use`,
      );
    const at = call.world.now();
    volume.state = 'in-use';
    volume.attachment = { instanceId: instance.id, device: input.Device, status: 'attaching', at };
    instance.disks.push({ device: input.Device, volumeId: volume.id, deleteOnTermination: false, attachedAt: at });
    let failed = false;
    const work = call.runtime.attachVolume(instance, volume, input.Device).catch((error: unknown) => {
      failed = true;
      call.world.notice(`volume ${volume.id} could not be attached to ${instance.id}: ${messageOf(error)}`);
    });
    call.world.lifecycle.after(
      'volume',
      volume.id,
      () => {
        if (failed) letGo(instance, volume);
        else if (volume.attachment?.status === 'attaching') volume.attachment.status = 'attached';
        call.world.touch();
      },
      work,
    );
    call.world.touch();
    return attachmentXml(call, volume, 'attaching');
  },
);

function letGo(instance: InstanceRecord, volume: VolumeRecord): void {
  instance.disks = instance.disks.filter(disk => disk.volumeId !== volume.id);
  delete volume.attachment;
  volume.state = 'available';
}

/** How long a volume that is to be let go by force may still be in use, milliseconds. */
const FORCE_GRACE = 3000;

export const detachVolume = action(
  { VolumeId: required(string), InstanceId: string, Device: string, Force: boolean },
  (call, input) => {
    const volume = find(call, 'volumes', input.VolumeId);
    const instance = peek(call, 'instances', volume.attachment?.instanceId);
    if (!volume.attachment || !instance || volume.attachment.status === 'detaching')
      throw new ApiError('IncorrectState', `Volume '${volume.id}' is in the 'available' state.`);
    if (input.InstanceId && input.InstanceId !== instance.id)
      throw new ApiError(
        'InvalidAttachment.NotFound',
        `The volume '${volume.id}' is not attached to instance '${input.InstanceId}'.`,
      );
    if (input.Device && input.Device !== volume.attachment.device)
      throw new ApiError(
        'InvalidAttachment.NotFound',
        `The volume '${volume.id}' is not attached to instance '${instance.id}' as device '${input.Device}'.`,
      );
    if (volume.attachment.device === instance.rootDeviceName && instance.state !== 'stopped')
      throw new ApiError(
        'OperationNotPermitted',
        `Unable to detach root volume '${volume.id}' from instance '${instance.id}'`,
      );
    volume.attachment.status = 'detaching';
    const reply = attachmentXml(call, volume, 'detaching');
    const detached = call.runtime.detachVolume(instance, volume).catch((error: unknown) => {
      call.world.notice(`volume ${volume.id} was not detached cleanly: ${messageOf(error)}`);
    });
    const work = input.Force ? Promise.race([detached, sleep(FORCE_GRACE, undefined, { ref: false })]) : detached;
    call.world.lifecycle.after(
      'volume',
      volume.id,
      () => {
        letGo(instance, volume);
        call.world.touch();
      },
      work,
    );
    call.world.touch();
    return reply;
  },
);
