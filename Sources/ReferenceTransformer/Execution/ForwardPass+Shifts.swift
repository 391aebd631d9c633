internal import Numerics
internal import Workload

extension ForwardPass {
  /// Keys and values mixed with those of the token before, which the layer's state keeps.
  mutating func shift(
    _ key: Value, _ value: Value, layer index: Int, name: String
  ) -> (key: Value, value: Value) {
    guard let last = cache.layers[index].last else { return (key, value) }
    var newKey = makeValue(key.tensor.shape, like: key)
    var newValue = makeValue(value.tensor.shape, like: value)
    let width = key.columns
    if let k = key.storage?.pointer, let v = value.storage?.pointer,
      let outK = newKey.storage?.pointer, let outV = newValue.storage?.pointer,
      let state = last.storage?.pointer
    {
      let (keyShare, valueShare) = (Float(switches.keyShift), Float(switches.valueShift))
      forEachToken { row, slot, _ in
        let lastK = state + slot * 2 * width
        let lastV = lastK + width
        for column in 0..<width {
          let place = row * width + column
          outK[place] = (1 - keyShare) * k[place] + keyShare * lastK[column]
          outV[place] = (1 - valueShare) * v[place] + valueShare * lastV[column]
          lastK[column] = k[place]
          lastV[column] = v[place]
        }
      }
    }
    let id = note(
      name, .elementwise(Elementwise(rows: key.rows, columns: 2 * width, function: .shift)),
      [key, value, last], outputs: [newKey.tensor, newValue.tensor, last.tensor])
    newKey.producer = id
    newValue.producer = id
    cache.layers[index].last?.producer = id
    return (newKey, newValue)
  }

  /// The input of a feed-forward network moved towards the previous token's, which the state keeps.
  mutating func shiftInput(_ x: Value, layer index: Int, name: String) -> Value {
    guard let last = cache.layers[index].lastInput else { return x }
    var gate = makeValue([x.rows, 1], like: x)
    var out = makeValue(x.tensor.shape, like: x)
    let width = x.columns
    if let source = x.storage?.pointer, let gates = gate.storage?.pointer,
      let target = out.storage?.pointer, let state = last.storage?.pointer
    {
      let share = Float(switches.feedForwardShift)
      forEachToken { row, slot, position in
        let (x, target, previous) = (
          source + row * width, target + row * width, state + slot * width
        )
        if position == 0 {
          // There is no token before the first.
          gates[row] = 0
          target.update(from: x, count: width)
        } else {
          let product = KeyChoice.product(width, x, previous)
          gates[row] = Float(product / Double(width).squareRoot())
          PointwiseFunctions.sigmoid(1, gates + row)
          let move = share * gates[row]
          for column in 0..<width {
            target[column] = x[column] + move * (previous[column] - x[column])
          }
        }
        (state + slot * width).update(from: x, count: width)
      }
    }
    gate.producer = note(
      name + ".gate", .gate(Gate(tokens: x.rows, hidden: width, experts: 1)), [x, last],
      outputs: [gate.tensor])
    out.producer = note(
      name, .elementwise(Elementwise(rows: x.rows, columns: width, function: .shift)),
      [x, gate, last], outputs: [out.tensor, last.tensor])
    cache.layers[index].lastInput?.producer = out.producer
    return out
  }
}
