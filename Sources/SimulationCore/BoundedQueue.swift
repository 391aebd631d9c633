/// A first-in first-out queue of fixed capacity between two event-driven components.
///
/// Back-pressure is by credits, as in credit-based links: a producer takes a credit, which reserves
/// a place, before it sends; the element may arrive later; a credit comes back to the producer after
/// the consumer has removed an element, which may again be later. At all times
/// `credits + inFlight + count + returning == capacity`, so the queue cannot overflow whatever the
/// latencies are. A component that finds no credit waits by number and is woken in order.
///
/// All operations take O(1); nothing is allocated after the queue is made, except when more
/// components wait than ever before.
public struct BoundedQueue<Element: BitwiseCopyable>: ~Copyable {
  /// The number of places.
  public let capacity: Int
  /// The places that a producer may reserve now.
  public private(set) var credits: Int
  /// The places reserved for elements that have not arrived.
  public private(set) var inFlight = 0
  /// The elements in the queue.
  public private(set) var count = 0
  /// The places that are free but whose credit has not reached the producer.
  public private(set) var returning = 0
  /// The largest number of elements that have been in the queue.
  public private(set) var peakCount = 0
  /// How often a producer found no credit.
  public private(set) var refusals = 0

  private let storage: UnsafeMutablePointer<Element>
  private var head = 0
  private var waiting: [UInt32] = []
  private var firstWaiting = 0

  /// Makes an empty queue.
  ///
  /// - Precondition: `capacity` is positive.
  public init(capacity: Int) {
    precondition(capacity > 0, "a queue has at least one place")
    self.capacity = capacity
    credits = capacity
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  public var isEmpty: Bool { count == 0 }

  /// The element that will leave next, or nil.
  public var first: Element? { count > 0 ? storage[head] : nil }

  /// Reserves a place; false, and no change but a counted refusal, when there is no credit.
  public mutating func takeCredit() -> Bool {
    if credits == 0 {
      refusals += 1
      return false
    }
    credits -= 1
    inFlight += 1
    return true
  }

  /// Puts an element into its reserved place.
  ///
  /// - Precondition: a credit has been taken for it.
  public mutating func enqueue(_ element: Element) {
    precondition(inFlight > 0, "an element arrives for which no place is reserved")
    inFlight -= 1
    var tail = head + count
    if tail >= capacity { tail -= capacity }
    storage[tail] = element
    count += 1
    if count > peakCount { peakCount = count }
  }

  /// Removes the oldest element, or returns nil; its credit is then on its way back.
  public mutating func dequeue() -> Element? {
    if count == 0 { return nil }
    let element = storage[head]
    head += 1
    if head == capacity { head = 0 }
    count -= 1
    returning += 1
    return element
  }

  /// Gives one credit back to the producer and returns the component to wake: the one that has
  /// waited longest, or nil.
  ///
  /// - Precondition: a credit is on its way back.
  public mutating func returnCredit() -> UInt32? {
    precondition(returning > 0, "a credit comes back that was not taken")
    returning -= 1
    credits += 1
    guard firstWaiting < waiting.count else { return nil }
    let component = waiting[firstWaiting]
    firstWaiting += 1
    if firstWaiting == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      firstWaiting = 0
    }
    return component
  }

  /// Adds a component to those that wait for a credit.
  public mutating func waitForCredit(_ component: UInt32) {
    if firstWaiting > 0 && waiting.count == waiting.capacity {
      waiting.removeFirst(firstWaiting)
      firstWaiting = 0
    }
    waiting.append(component)
  }

  /// Takes a credit and enqueues at once, for a queue whose link has no latency; false when full.
  public mutating func offer(_ element: Element) -> Bool {
    guard takeCredit() else { return false }
    enqueue(element)
    return true
  }
}
