using System.Text.Json;
using Commerce.BenchReport;

// BenchReport DIR: what 'commerce bench --report DIR' has put into DIR/bench.json, as DIR/report.md and a picture per scenario.
var folder = args.Single();
var bench = JsonSerializer.Deserialize<Bench>(File.ReadAllBytes(Path.Combine(folder, "bench.json")), JsonSerializerOptions.Web)!;
foreach (var scenario in bench.Rows.Where(row => row.Compares)) Picture.Save(scenario, Path.Combine(folder, scenario.Picture));
File.WriteAllText(Path.Combine(folder, "report.md"), Report.Of(bench));
