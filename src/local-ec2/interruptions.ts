import type { InstanceRecord, RegionState, StateReason } from './store/model.ts';
import type { World } from './world.ts';

/** Takes instances away in the middle, as the fault plan says. */
export class Interruptions {
  private readonly world: World;
  private readonly terminate: (region: string, instance: InstanceRecord, reason: StateReason) => void;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(world: World, terminate: Interruptions['terminate']) {
    this.world = world;
    this.terminate = terminate;
  }

  /** Plans the end of an instance that has just begun to run, if it is to be interrupted at all. */
  plan(region: string, instance: InstanceRecord): void {
    const plan = this.world.faults.interruptionOf(instance.spot ? 'spot' : 'on-demand');
    if (!plan) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (instance.state === 'terminated' || instance.state === 'shutting-down') return;
      this.terminate(region, instance, { code: plan.code, message: `${plan.code}: ${plan.message}` });
    }, plan.milliseconds);
    this.timers.add(timer);
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}

/** Closes the spot request of an instance that has ended, with the reason. */
export function endSpotRequest(state: RegionState, instance: InstanceRecord): void {
  const request = instance.spot && state.spotRequests[instance.spot.requestId];
  if (request?.state !== 'active') return;
  request.state = 'closed';
  const interrupted = instance.stateReason?.code === 'Server.SpotInstanceTermination';
  request.status = interrupted
    ? {
        code: 'instance-terminated-no-capacity',
        message: 'Your Spot instance was terminated because there is no Spot capacity available.',
      }
    : { code: 'instance-terminated-by-user', message: 'Spot Instance terminated due to user-initiated termination.' };
}
