import SimulationCore
import Testing
import Units

@Suite struct BoundedQueueTests {
  @Test func aProducerIsRefusedExactlyWhenAllPlacesAreTaken() {
    var queue = BoundedQueue<Int>(capacity: 3)
    #expect(queue.offer(1) == true)
    #expect(queue.offer(2) == true)
    #expect(queue.offer(3) == true)
    #expect(queue.offer(4) == false)
    #expect(queue.refusals == 1)
    #expect(queue.dequeue() == 1)
    // The place is free, but the credit is still under way.
    #expect(queue.offer(4) == false)
    #expect(queue.returnCredit() == nil)
    #expect(queue.offer(4) == true)
    #expect(
      [queue.dequeue(), queue.dequeue(), queue.dequeue(), queue.dequeue()] == [2, 3, 4, nil])
  }

  @Test func waitingComponentsAreWokenInOrder() {
    var queue = BoundedQueue<Int>(capacity: 2)
    #expect(queue.offer(1) == true)
    #expect(queue.offer(2) == true)
    for component: UInt32 in [7, 8] {
      #expect(queue.takeCredit() == false)
      queue.waitForCredit(component)
    }
    _ = queue.dequeue()
    #expect(queue.returnCredit() == 7)
    _ = queue.dequeue()
    #expect(queue.returnCredit() == 8)
  }

  @Test(arguments: 0..<10)
  func creditsAreConservedAndOrderIsKept(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let capacity = 1 + generator.next(below: 9)
    var queue = BoundedQueue<Int>(capacity: capacity)
    var model: [Int] = []
    var sent = 0
    for _ in 0..<4_000 {
      switch generator.next(below: 4) {
      case 0:
        let before = queue.credits
        #expect(queue.takeCredit() == (before > 0))
      case 1 where queue.inFlight > 0:
        queue.enqueue(sent)
        model.append(sent)
        sent += 1
      case 2:
        #expect(queue.dequeue() == (model.isEmpty ? nil : model.removeFirst()))
      case 3 where queue.returning > 0:
        _ = queue.returnCredit()
      default:
        break
      }
      #expect(queue.credits + queue.inFlight + queue.count + queue.returning == capacity)
      #expect(queue.count == model.count)
      #expect(queue.first == model.first)
    }
    #expect(queue.peakCount <= capacity)
    #expect(sent > 100)
  }

  @Test func enqueueingWithoutACreditIsABug() async {
    await #expect(processExitsWith: .failure) {
      var queue = BoundedQueue<Int>(capacity: 1)
      queue.enqueue(1)
    }
  }
}
