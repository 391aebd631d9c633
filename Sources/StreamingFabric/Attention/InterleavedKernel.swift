/// The ports of a kernel: width of one row's token, and whether it comes in every firing.
struct KernelPorts {
  struct Port {
    var width: Int
    var isEvery: Bool
  }

  var inputs: [Port]
  var outputs: [Port]

  /// All ports act in every firing.
  static func everyFiring(inputs: [Int], outputs: [Int]) -> KernelPorts {
    KernelPorts(
      inputs: inputs.map { Port(width: $0, isEvery: true) },
      outputs: outputs.map { Port(width: $0, isEvery: true) })
  }

  /// The second input is held for a row.
  static func held(_ width: Int, _ heldWidth: Int, output: Int) -> KernelPorts {
    var ports = everyFiring(inputs: [width, heldWidth], outputs: [output])
    ports.inputs[1].isEvery = false
    return ports
  }

  /// The output comes with a row's last firing.
  static func reduction(_ inputs: [Int], output: Int) -> KernelPorts {
    var ports = everyFiring(inputs: inputs, outputs: [output])
    ports.outputs[0].isEvery = false
    return ports
  }
}

/// Runs the kernels of B rows that take each key in turn.
///
/// Each row has a kernel, and thereby a state, of its own.
final class InterleavedKernel: ValueKernel {
  private let lane: AttentionLane
  private let ports: KernelPorts
  private let kernels: [ValueKernel]
  private var cursor: BlockCursor
  /// Outputs that come once a row, until the block's last firing sends them.
  private var finished: [[Double]]
  private let inputs: UnsafeMutablePointer<UnsafePointer<Double>>
  private let outputs: UnsafeMutablePointer<UnsafeMutablePointer<Double>>

  /// The kernel itself when each row has a pass of its own.
  static func wrap(
    _ lane: AttentionLane, _ ports: KernelPorts, _ make: () -> ValueKernel
  ) -> ValueKernel {
    lane.queryBlock == 1
      ? make()
      : InterleavedKernel(lane, ports, kernels: (0..<lane.queryBlock).map { _ in make() })
  }

  private init(_ lane: AttentionLane, _ ports: KernelPorts, kernels: [ValueKernel]) {
    self.lane = lane
    self.ports = ports
    self.kernels = kernels
    cursor = BlockCursor(lane, block: 0)
    finished = ports.outputs.map {
      [Double](repeating: 0, count: $0.isEvery ? 0 : $0.width * lane.queryBlock)
    }
    inputs = .allocate(capacity: max(1, ports.inputs.count))
    outputs = .allocate(capacity: max(1, ports.outputs.count))
  }

  deinit {
    inputs.deallocate()
    outputs.deallocate()
  }

  override func fire(_ block: FiringBlock) {
    if block.isFirst {
      cursor = BlockCursor(lane, block: block.row)
      for port in finished.indices {
        for element in finished[port].indices { finished[port][element] = 0 }
      }
    }
    for firing in 0..<block.count {
      fire(block, firing)
      if !(block.isLast && firing == block.count - 1) { cursor.advance() }
    }
    guard block.isLast else { return }
    for (port, elements) in finished.enumerated() where !elements.isEmpty {
      elements.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        block.outputs[port].update(from: base, count: elements.count)
      }
    }
  }

  private func fire(_ block: FiringBlock, _ firing: Int) {
    let place = cursor.index
    for (port, input) in ports.inputs.enumerated() {
      inputs[port] = block.inputs[port] + (input.isEvery ? firing : place) * input.width
    }
    let keys = cursor.keys
    let row = lane.blocks[block.row].lowerBound + place
    withFinished { finished in
      for (port, output) in ports.outputs.enumerated() {
        outputs[port] =
          output.isEvery
          ? block.outputs[port] + firing * output.width
          : finished[port] + place * output.width
      }
      kernels[place].fire(
        FiringBlock(
          count: 1, row: row, column: cursor.key - keys.lowerBound,
          isFirst: cursor.key == keys.lowerBound, isLast: cursor.key == keys.upperBound - 1,
          inputs: UnsafePointer(inputs), outputs: UnsafePointer(outputs)))
    }
  }

  /// Calls `body` with the buffers of outputs that come once a row; attention nodes have at most one.
  private func withFinished(_ body: ([UnsafeMutablePointer<Double>]) -> Void) {
    guard let port = finished.firstIndex(where: { !$0.isEmpty }) else {
      return body([])
    }
    finished[port].withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      body([UnsafeMutablePointer<Double>](repeating: base, count: port + 1))
    }
  }
}
