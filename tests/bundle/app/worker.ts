import { actor } from 'troupe'
import { serve } from 'troupe/worker'

actor(
  class Counter {
    value = 0
    increment(): number {
      return ++this.value
    }
  },
  'app:counter#Counter',
)
serve()
