import type { WaitEdge } from '../core/wait-graph.ts'
import type { Packed } from '../protocol/codec.ts'
import type { ActorId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, GroupSpec, HandleSpec, ResourceRequest } from '../protocol/specs.ts'
import type { Control, LeaseTerms } from './control.ts'

/** Answers a request that another realm sent through its RemoteControl. */
export async function answerRequest(control: Control, name: string, payload: unknown): Promise<unknown> {
  switch (name) {
    case 'createActor': {
      const { spec, args } = payload as { spec: ActorSpec; args: Packed | undefined }
      let known: HandleSpec | undefined
      control.createActor(spec, args, { existing: (found) => (known = found), failed() {} })
      return known
    }
    case 'dismiss':
      return control.dismiss(payload as ActorId)
    case 'findActor': {
      const { namespace, name: wanted } = payload as { namespace: string; name: string }
      return control.findActor(namespace, wanted)
    }
    case 'resources':
      return control.resources(payload as 'total' | 'available')
    case 'groupReady':
      return control.groupReady(String(payload))
    case 'listActors':
      return control.listActors()
    case 'listWorkers':
      return control.listWorkers()
    case 'listNodes':
      return control.listNodes()
    case 'listTasks':
      return control.listTasks()
    case 'listObjects':
      return control.listObjects()
    case 'actorFigures':
      return control.actorFigures(payload as WorkerId[])
    case 'timeline':
      return control.timeline(Number(payload))
    default:
      throw new RangeError(`The coordinator knows no request ${JSON.stringify(name)}.`)
  }
}

/** Takes a notice that another realm sent through its RemoteControl. False: it is none of these. */
export function takeNotice(control: Control, name: string, payload: unknown): boolean {
  switch (name) {
    case 'provideArguments': {
      const { actorId, args } = payload as { actorId: ActorId; args: Packed }
      control.provideArguments(actorId, args)
      return true
    }
    case 'argumentsFailed': {
      const { actorId, error } = payload as { actorId: ActorId; error: unknown }
      control.argumentsFailed(actorId, error)
      return true
    }
    case 'watch':
      control.watch(payload as ActorId)
      return true
    case 'grantHandle': {
      const { actorId, receiver } = payload as { actorId: ActorId; receiver: RealmId }
      control.grantHandle(actorId, receiver)
      return true
    }
    case 'releaseHandle': {
      const { actorId, count } = payload as { actorId: ActorId; count: number }
      control.releaseHandle(actorId, count)
      return true
    }
    case 'kill': {
      const { actorId, mayRestart } = payload as { actorId: ActorId; mayRestart: boolean }
      control.kill(actorId, mayRestart)
      return true
    }
    case 'requestLease': {
      const { leaseId, request, terms } = payload as {
        leaseId: string
        request: ResourceRequest
        terms: LeaseTerms
      }
      control.requestLease(leaseId, request, terms)
      return true
    }
    case 'returnLease':
      control.returnLease(payload as string)
      return true
    case 'reportWaits':
      control.reportWaits(payload as WaitEdge[])
      return true
    case 'saveCheckpoint': {
      const { actorId, incarnation, state } = payload as { actorId: ActorId; incarnation: number; state: Packed }
      control.saveCheckpoint(actorId, incarnation, state)
      return true
    }
    case 'createGroup':
      control.createGroup(payload as GroupSpec)
      return true
    case 'removeGroup':
      control.removeGroup(String(payload))
      return true
    case 'blockLease':
      control.blockLease(payload as string)
      return true
    case 'unblockLease':
      control.unblockLease(payload as string)
      return true
    case 'endLease':
      control.endLease(payload as string)
      return true
    case 'actorExited': {
      const { actorId, incarnation } = payload as { actorId: ActorId; incarnation: number }
      control.actorExited(actorId, incarnation)
      return true
    }
    default:
      return false
  }
}
