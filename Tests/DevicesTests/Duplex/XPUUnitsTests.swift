import Devices
import Testing
import Units

private let rate = ComputeRate(flopsPerSecond: 990_000_000_000_000)

private func units(_ change: (inout XPUUnitsSpec) -> Void = { _ in }) -> XPUUnitsSpec {
  var spec = XPUUnitsSpec(
    source: "a test", multiprocessors: 132, tiles: [.init(rows: 128, columns: 128)], depth: 64,
    splitsTiles: false)
  change(&spec)
  return spec
}

private func shape(_ m: Int, _ k: Int, _ n: Int) -> ProductShape {
  ProductShape(m: m, k: k, n: n, rowBytes: 2 * m * k, columnBytes: 2 * k * n)
}

@Suite struct XPUUnitsTests {
  /// 132 tiles fill the units once; one more tile is another wave.
  @Test func wavesAreWhole() {
    let full = units().duration(of: shape(128, 4096, 132 * 128), rate: rate)
    #expect(full == rate.duration(computing: 2 * 128 * 4096 * 132 * 128))
    let more = units().duration(of: shape(128, 4096, 132 * 128 + 1), rate: rate)
    #expect(abs(more.picoseconds - 2 * full.picoseconds) <= 1)
  }

  @Test func tilesArePadded() {
    let one = units().duration(of: shape(1, 4096, 132 * 128), rate: rate)
    #expect(one == units().duration(of: shape(128, 4096, 132 * 128), rate: rate))
    let small = units { $0.tiles.append(.init(rows: 16, columns: 128)) }
    let eighth = small.duration(of: shape(1, 4096, 132 * 128), rate: rate)
    #expect(abs(eighth.picoseconds * 8 - one.picoseconds) <= 8)
  }

  @Test func splitTilesLeaveNoUnitIdle() {
    // 133 tiles of 64 steps: 65 steps on the fullest unit instead of 128.
    let product = shape(128, 4096, 133 * 128)
    let whole = units().duration(of: product, rate: rate)
    let split = units { $0.splitsTiles = true }.duration(of: product, rate: rate)
    #expect(abs(split.picoseconds * 128 - whole.picoseconds * 65) <= 128)
  }

  /// No product beats the matrix rate, whatever the sizes.
  @Test func noProductBeatsTheRate() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      let product = shape(
        1 + generator.next(below: 5000), 1 + generator.next(below: 9000),
        1 + generator.next(below: 20_000))
      for splits in [false, true] {
        let time = units { $0.splitsTiles = splits }.duration(of: product, rate: rate)
        #expect(time >= rate.duration(computing: 2 * product.m * product.k * product.n))
      }
    }
  }

  @Test func efficiencyAndSizesCount() {
    let product = shape(700, 3000, 5000)
    let plain = units().duration(of: product, rate: rate)
    let changes: [(String, (inout XPUUnitsSpec) -> Void)] = [
      ("multiprocessors", { $0.multiprocessors = 108 }),
      ("tiles", { $0.tiles = [.init(rows: 256, columns: 256)] }),
      ("depth", { $0.depth = 1024 }),
      ("splits_tiles", { $0.splitsTiles = true }),
      ("efficiency", { $0.efficiency = 0.8 }),
    ]
    for (name, change) in changes {
      #expect(units(change).duration(of: product, rate: rate) != plain, "\(name)")
    }
  }

  /// Operands are read once while the smaller one fits half of the cache.
  @Test func theCacheSavesPasses() {
    let product = shape(8192, 8192, 8192)  // 134 MB each
    #expect(units().rereads(of: product) == 0)
    let cached = units { $0.cache = ByteCount(50_000_000) }
    #expect(cached.rereads(of: product) == 5 * 134_217_728)
    #expect(cached.rereads(of: shape(64, 8192, 8192)) == 0)
  }
}
