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
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

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
targets += library("SimulationCore", ["Units"], settings: engine)
targets += library("Workload", ["Units"], settings: engine)
targets += library("Numerics", ["Units"], settings: engine)
targets += library(
  "Configuration", ["Units", yams], settings: strict, testDependencies: ["Workload"])
targets += library("Devices", ["SimulationCore", "Workload", "Units"], settings: engine)
targets += library(
  "Systems", ["Devices", "SimulationCore", "Workload", "Units"], settings: engine)
targets += library("ResultsStore", ["Units", grdb], settings: engine)
targets += library(
  "Experiments",
  ["ResultsStore", "Systems", "Devices", "Configuration", "SimulationCore", "Workload", "Units"],
  settings: strict)
targets += library(
  "Reports",
  [
    "Experiments", "ResultsStore", "Systems", "Configuration", "SimulationCore", "Workload",
    "Units",
  ],
  settings: strict)
targets.append(
  .executableTarget(
    name: "orrery",
    dependencies: [
      "Experiments", "Reports", "ResultsStore", "Configuration", "Systems", "Devices", "Workload", argumentParser,
    ],
    swiftSettings: strict))

let package = Package(
  name: "orrery",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: targets,
  swiftLanguageModes: [.v6]
)
