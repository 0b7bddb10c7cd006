using ScottPlot;

namespace Commerce.BenchReport;

/// <summary>A scenario's picture: rates with their spread on the left, where the processor time goes on the right.</summary>
internal static class Picture
{
    private static readonly (string Name, Color Color, Func<Cpu, double> Of)[] Parts =
    [
        ("application", Color.FromHex("#4269d0"), cpu => cpu.Application),
        ("PostgreSQL", Color.FromHex("#efb118"), cpu => cpu.Postgres),
        ("broker", Color.FromHex("#3ca951"), cpu => cpu.Broker),
    ];

    public static void Save(Scenario scenario, string path)
    {
        var sides = scenario.Sides.ToList();
        var both = new Multiplot();
        both.AddPlots(2);
        both.Layout = new ScottPlot.MultiplotLayouts.Columns();
        Rates(both.GetPlot(0), scenario, sides);
        Processors(both.GetPlot(1), sides);
        both.SavePng(path, 900, 360);
    }

    private static void Rates(Plot plot, Scenario scenario, List<(string Name, Side Side)> sides)
    {
        plot.Title($"{scenario.Id}, {scenario.Connections} connections: per second");
        for (var i = 0; i < sides.Count; i++)
        {
            var rate = sides[i].Side.PerSecond ?? new Figure(0, 0, 0);
            var bar = plot.Add.Bar(i, rate.Median);
            bar.Color = Parts[0].Color;
            // From the slowest round to the quickest.
            var spread = plot.Add.Line(i, rate.Min, i, rate.Max);
            (spread.Color, spread.LineWidth) = (Colors.Black, 2);
        }

        Finish(plot, sides);
    }

    private static void Processors(Plot plot, List<(string Name, Side Side)> sides)
    {
        plot.Title("CPU-µs per operation");
        foreach (var (name, color, of) in Parts)
        {
            // One on top of the other, in the order of the parts.
            var below = Parts.TakeWhile(part => part.Name != name).ToList();
            var bars = plot.Add.Bars(sides.Select((side, i) =>
            {
                var from = below.Sum(part => part.Of(side.Side.Cpu));
                return new Bar { Position = i, ValueBase = from, Value = from + of(side.Side.Cpu), FillColor = color };
            }).ToList());
            bars.LegendText = name;
        }

        plot.ShowLegend(Alignment.UpperRight);
        Finish(plot, sides);
    }

    private static void Finish(Plot plot, List<(string Name, Side Side)> sides)
    {
        plot.Axes.Bottom.SetTicks([.. sides.Select((_, i) => (double)i)], [.. sides.Select(side => side.Name)]);
        plot.Axes.Margins(bottom: 0);
        plot.Axes.SetLimitsX(-0.8, sides.Count - 0.2);
    }
}
