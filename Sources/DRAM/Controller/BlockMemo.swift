final class SharedBlockMemo {}
extension ChannelController {
  mutating func applyBlock(limit: Int) -> Bool { false }
}
