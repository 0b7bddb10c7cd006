using Commerce.Cli.Replay;

namespace Commerce.Cli.Tests.Replay;

/// <summary>The figures the design states for the real file, when it lies beside the repository.</summary>
public sealed class December2010Tests
{
    private static readonly string? File = Find();

    [Fact]
    public void The_plan_of_the_real_month_comes_to_the_stated_figures()
    {
        if (File is null)
        {
            // The file is not part of the repository; the small one with the same dirt stands for it (ReplayPlanTests).
            Dirt.Plan().Orders.ShouldNotBeEmpty();
            return;
        }

        var plan = ReplayPlan.Of(TransactionReader.Read(File));
        var figures = PlanFigures.Of(plan);

        figures.Orders.ShouldBe(1_559);
        figures.Lines.ShouldBe(41_480);
        figures.Units.ShouldBe(359_239);
        figures.Skus.ShouldBe(2_762);
        figures.RefundLines.ShouldBe(728);
        figures.MatchedRefundLines.ShouldBe(287);
        figures.OpeningOrders.ShouldBe(205);
        figures.OpeningGross.Minor.ShouldBe(66_782_90);
        figures.OpeningUnits.ShouldBe(12_864);
        figures.Adjustments.ShouldBe(273);
        figures.Received.ShouldBe(3_077);
        figures.Lost.ShouldBe(4_046);
        figures.Closing.ShouldBe(19_119);
        figures.Gross.Minor.ShouldBe(823_746_14);
        figures.Refunds.Minor.ShouldBe(74_789_12);
        figures.Net.Minor.ShouldBe(748_957_02);
        plan.Returns.All(back => back.At > back.Order.At).ShouldBeTrue();
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!System.IO.File.Exists(Path.Combine(folder.FullName, "Commerce.sln"))) continue;
            var file = Path.Combine(folder.FullName, "..", "shared", "data", "online-retail-2010-12.csv");
            return System.IO.File.Exists(file) ? file : null;
        }

        return null;
    }
}
