import Devices
import SimulationCore
import Testing
import Units
import Workload

private func device(
  launch: Duration? = nil, byKind: [String: Duration]? = nil, vector: Int? = nil
) throws -> RooflineDevice {
  try RooflineDevice(
    spec: RooflineDeviceSpec(
      matrixRate: ["f16": ComputeRate(flopsPerSecond: 989_400_000_000_000)],
      vectorRate: vector.map { ComputeRate(flopsPerSecond: $0) }, launch: launch,
      launchByKind: byKind),
    bandwidth: Bandwidth(bytesPerSecond: 3_352_000_000_000))
}

private func gemm(m: Int, k: Int, n: Int, dtype: DataType = .f16) -> Operator {
  func tensor(_ id: Int, _ shape: TensorShape, _ role: TensorRole) -> Tensor {
    Tensor(id: id, shape: shape, dtype: dtype, role: role, address: 0)
  }
  return Operator(
    id: 0, name: "gemm", operation: .gemm(MatrixProduct(m: m, k: k, n: n)),
    inputs: [tensor(0, [m, k], .activation), tensor(1, [k, n], .weight)],
    outputs: [tensor(2, [m, n], .activation)])
}

private func cost(_ device: RooflineDevice, _ op: Operator) throws -> OperatorCost {
  try device.cost(of: op, work: op.work, traffic: op.traffic)
}

@Suite struct RooflineDeviceTests {
  /// The roofline table of the Duplex facts: m × 4096 × 14336 in FP16 on the xPU, in microseconds.
  @Test(arguments: [(1, 35.05), (8, 35.12), (32, 35.39), (64, 35.74), (512, 60.77)])
  func rooflineTableOfTheDuplexFacts(m: Int, microseconds: Double) throws {
    let duration = try cost(device(), gemm(m: m, k: 4_096, n: 14_336)).duration
    #expect(abs(duration.seconds * 1e6 / microseconds - 1) < 0.001)
  }

  @Test func theBoundDecidesTheCause() throws {
    let memoryBound = try cost(device(), gemm(m: 1, k: 4_096, n: 4_096))
    #expect(memoryBound.causes[.dramBus] == memoryBound.duration)
    let computeBound = try cost(device(), gemm(m: 4_096, k: 4_096, n: 4_096))
    #expect(computeBound.causes[.compute] == computeBound.duration)
  }

  @Test func launchAddsToTheLongestResource() throws {
    let plain = try cost(device(), gemm(m: 8, k: 64, n: 64))
    let launch = Duration(picoseconds: 5_000)
    let delayed = try cost(device(launch: launch), gemm(m: 8, k: 64, n: 64))
    #expect(delayed.duration == plain.duration + launch)
    #expect(delayed.causes[.launch] == launch)
    let other = try cost(
      device(launch: launch, byKind: ["gemm": Duration(picoseconds: 7)]), gemm(m: 8, k: 64, n: 64))
    #expect(other.launch == Duration(picoseconds: 7))
  }

  @Test func vectorWorkCountsWhereThereIsAVectorRate() throws {
    let norm = Operator(
      id: 0, name: "norm", operation: .norm(Norm(rows: 10, columns: 100, function: .rms)))
    #expect(try cost(device(), norm).duration == .zero)
    #expect(
      try cost(device(vector: 1_000_000_000), norm).vector == Duration(picoseconds: 4_000_000))
  }

  @Test func aTypeWithoutPeakIsRefused() throws {
    let device = try device()
    let error = #expect(throws: DeviceError.self) {
      try cost(device, gemm(m: 1, k: 2, n: 3, dtype: .f64))
    }
    #expect(error?.description.contains("device.matrix_rate has no peak (it has f16)") == true)
  }

  @Test func badParametersAreRefused() {
    let rate = ComputeRate(flopsPerSecond: 1)
    let bandwidth = Bandwidth(bytesPerSecond: 1)
    #expect(throws: DeviceError.self) {
      try RooflineDevice(spec: RooflineDeviceSpec(matrixRate: ["fp16": rate]), bandwidth: bandwidth)
    }
    #expect(throws: DeviceError.self) {
      try RooflineDevice(
        spec: RooflineDeviceSpec(matrixRate: ["f16": rate], launchByKind: ["gem": .zero]),
        bandwidth: bandwidth)
    }
    #expect(throws: DeviceError.self) {
      try RooflineDevice(
        spec: RooflineDeviceSpec(matrixRate: ["f16": rate]), bandwidth: Bandwidth(bytesPerSecond: 0)
      )
    }
  }
}

@Suite struct LinkModelTests {
  private let link = LinkSpec(
    bandwidth: Bandwidth(bytesPerSecond: 1_000_000_000), latency: Duration(picoseconds: 500))

  private func time(_ function: CollectiveFunction, devices: Int, bytes: Int) -> Int {
    link.duration(
      of: Collective(function: function, group: Array(0..<devices), bytes: bytes)
    ).picoseconds
  }

  @Test func collectivesTakeTheirHops() {
    // 4 000 bytes over four devices: 1 000 bytes a hop, 1 us at 1 GB/s.
    #expect(time(.allReduce, devices: 4, bytes: 4_000) == 6 * 1_000_500)
    #expect(time(.allGather, devices: 4, bytes: 4_000) == 3 * 1_000_500)
    #expect(time(.reduceScatter, devices: 4, bytes: 4_000) == 3 * 1_000_500)
    #expect(time(.allToAll, devices: 4, bytes: 4_000) == 3 * 1_000_500)
    #expect(time(.send, devices: 2, bytes: 4_000) == 4_000_500)
    #expect(time(.allReduce, devices: 1, bytes: 4_000) == 0)
  }
}
