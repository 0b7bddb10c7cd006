using System.Text.Json;
using Commerce.BenchReport;

// BenchReport DIR: what 'commerce bench --report DIR' has put into DIR/bench.json, as DIR/report.md and a picture per scenario.
var folder = args.Single();
var bench = JsonSerializer.Deserialize<Bench>(File.ReadAllBytes(Path.Combine(folder, "bench.json")), JsonSerializerOptions.Web)!;
foreach (var (row, picture) in bench.Rows) if (row.Compares) Picture.Save(row, Path.Combine(folder, picture));
File.WriteAllText(Path.Combine(folder, "report.md"), Report.Of(bench));
