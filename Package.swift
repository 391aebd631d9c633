// swift-tools-version: 6.2
import PackageDescription

// Settings of every target: strict imports and explicit existentials.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// Engine targets are optimised in debug builds too, or their tests crawl (16 to 100 times slower).
let engine: [SwiftSetting] =
  strict + [
    .unsafeFlags(["-O"], .when(configuration: .debug)),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  ]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// One library target: its arrows, which point down only, and its tests.
func library(
  _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting],
  testDependencies: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: settings),
    .testTarget(
      name: name + "Tests",
      dependencies: [.target(name: name)] + dependencies + testDependencies,
      swiftSettings: strict),
  ]
}

var targets: [Target] = []
targets += library("Units", [], settings: engine)
targets += library("Workload", ["Units"], settings: engine)
targets += library("Numerics", ["Units"], settings: engine)
targets += library("StreamingFabric", ["Numerics", "Units"], settings: engine)
targets += library(
  "Configuration", ["Units", yams], settings: strict, testDependencies: ["Workload"])

let package = Package(
  name: "orrery",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: targets,
  swiftLanguageModes: [.v6]
)
