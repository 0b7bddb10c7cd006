namespace Commerce.Architecture.Tests;

/// <summary>Each rule over the tree, and beside it a twin that shows it bites.</summary>
public sealed class RulesTests
{
    /// <summary>A ratchet, to be emptied and never added to: price lists are tested as part of products, the payment grain as part of the checkout process.</summary>
    private static readonly string[] TestedElsewhere = ["Grains/Catalog/PriceList.cs", "Grains/Payments/PaymentGrain.cs"];

    [Fact]
    public void Projects_reference_only_what_the_table_allows() => Tree.Projects
        .Select(project => (project, File: Path.Combine(Tree.Root, project, $"{project}.csproj"))).Where(pair => File.Exists(pair.File))
        .SelectMany(pair => Rules.References(pair.project, Tree.References(pair.File))).ShouldBeEmpty();

    [Fact]
    public void Every_project_of_the_tree_is_in_the_table() => Directory.EnumerateFiles(Tree.Root, "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
        .Select(Path.GetFileNameWithoutExtension).ShouldBeSubsetOf(Tree.Projects);

    [Fact]
    public void A_gateway_that_references_grains_is_found() =>
        Rules.References("Gateway", ["Grains.Abstractions", "Grains"]).ShouldBe(["Gateway references Grains"]);

    [Fact]
    public void A_project_nobody_knows_is_found() => Rules.References("Helpers", []).ShouldNotBeEmpty();

    [Fact]
    public void Rules_and_contracts_read_no_clock_and_throw_no_dice() =>
        Tree.Sources("Grains.Abstractions", "Grains").SelectMany(Rules.ClockAndChance).Where(found => !found.StartsWith("Grains/Kernel/", StringComparison.Ordinal)).ShouldBeEmpty();

    [Theory]
    [InlineData("var now = DateTimeOffset.UtcNow;")]
    [InlineData("var id = Guid.NewGuid();")]
    [InlineData("var dice = new Random(1);")]
    public void A_clock_or_dice_in_a_rule_is_found(string code) => Rules.ClockAndChance(new SourceFile("Grains/X/X.cs", code)).ShouldHaveSingleItem();

    [Fact]
    public void A_clock_in_a_comment_is_no_clock() => Rules.ClockAndChance(new SourceFile("Grains/X/X.cs", "x(); // never DateTime.UtcNow")).ShouldBeEmpty();

    [Fact]
    public void Rules_and_contracts_have_no_floating_point() => Tree.Sources("Grains.Abstractions", "Grains").SelectMany(Rules.FloatingPoint).ShouldBeEmpty();

    [Fact]
    public void Floating_point_is_found() => Rules.FloatingPoint(new SourceFile("Grains/X/X.cs", "public double Rate { get; }")).ShouldHaveSingleItem();

    [Fact]
    public void Pure_files_do_not_touch_the_runtime() => PureFiles().SelectMany(Rules.Runtime).ShouldBeEmpty();

    [Fact]
    public void There_are_pure_files_to_look_at() => PureFiles().Count().ShouldBeGreaterThan(5);

    [Fact]
    public void A_rule_that_calls_a_grain_is_found() => Rules.Runtime(new SourceFile("Grains/X/X.cs", "var x = GrainFactory.GetGrain<IX>(key);")).ShouldHaveSingleItem();

    [Fact]
    public void Types_have_names_that_say_something() => Tree.Sources(Tree.Projects).SelectMany(Rules.Names).ShouldBeEmpty();

    [Theory]
    [InlineData("internal static class StringHelper;")]
    [InlineData("public interface ICartService;")]
    [InlineData("public sealed record struct PriceManager(int X);")]
    public void A_name_that_says_nothing_is_found(string code) => Rules.Names(new SourceFile("X.cs", code)).ShouldHaveSingleItem();

    [Fact]
    public void Files_stay_readable() => Tree.Sources(Tree.Projects).SelectMany(Rules.Length).ShouldBeEmpty();

    [Fact]
    public void A_file_of_401_lines_is_found() => Rules.Length(new SourceFile("X.cs", new string('\n', 401))).ShouldHaveSingleItem();

    [Fact]
    public void The_root_holds_only_the_documents_everybody_expects() => Rules.Markdown(Directory.EnumerateFiles(Tree.Root).Select(file => Path.GetFileName(file))).ShouldBeEmpty();

    [Fact]
    public void A_note_in_the_root_is_found() => Rules.Markdown(["README.md", "NOTES.md"]).ShouldBe(["NOTES.md"]);

    [Fact]
    public void Paths_the_documents_name_exist() => Documents().SelectMany(document => Rules.MissingPaths(document.Text, Exists).Select(path => $"{document.Path}: {path}")).ShouldBeEmpty();

    [Fact]
    public void A_path_that_is_not_there_is_found() => Rules.MissingPaths("see `Grains/Nowhere/Nothing.cs`", Exists).ShouldHaveSingleItem();

    [Fact]
    public void Every_pure_file_and_grain_has_its_test() => Untested("Grains", "Grains.Tests", path => !path.StartsWith("Grains/Kernel/", StringComparison.Ordinal))
        .Except(TestedElsewhere).ShouldBeEmpty();

    [Fact]
    public void A_test_is_found_by_its_name() => Mirrors(["CartTests.cs"], "Cart").ShouldBeTrue();

    [Fact]
    public void A_file_nobody_tests_is_found() => Mirrors(["CartTests.cs"], "Order").ShouldBeFalse();

    private static IEnumerable<SourceFile> PureFiles() =>
        Tree.Sources("Grains").Where(file => Rules.IsRuleFile(file.Path) && !file.Path.EndsWith("Process.cs", StringComparison.Ordinal)
            && !Path.GetFileName(file.Path).StartsWith('I') && !file.Path.EndsWith("OrderNumbers.cs", StringComparison.Ordinal));

    private static bool Exists(string path) => File.Exists(Path.Combine(Tree.Root, path)) || Directory.Exists(Path.Combine(Tree.Root, path));

    private static IEnumerable<SourceFile> Documents() => Directory.EnumerateFiles(Tree.Root, "*.md")
        .Concat(Directory.Exists(Path.Combine(Tree.Root, "docs")) ? Directory.EnumerateFiles(Path.Combine(Tree.Root, "docs"), "*.md", SearchOption.AllDirectories) : [])
        .Select(file => new SourceFile(Path.GetRelativePath(Tree.Root, file), File.ReadAllText(file)));

    // A rule's test is named after it, or after the aggregate whose part it is.
    private static IEnumerable<string> Untested(string project, string tests, Func<string, bool> counts)
    {
        var there = Tree.Sources($"test/{tests}").ToList();
        foreach (var file in Tree.Sources(project).Where(file => counts(file.Path) && (file.Path.EndsWith("Grain.cs", StringComparison.Ordinal) || PureFiles().Any(pure => pure.Path == file.Path))))
        {
            var name = Path.GetFileNameWithoutExtension(file.Path);
            if (!Mirrors(there.Select(test => Path.GetFileName(test.Path)), name) && !there.Any(test => test.Text.Contains($"I{name}>", StringComparison.Ordinal)
                || test.Text.Contains($"{name}.", StringComparison.Ordinal) || test.Text.Contains($"new {name}(", StringComparison.Ordinal))) yield return file.Path;
        }
    }

    private static bool Mirrors(IEnumerable<string> tests, string name) => tests.Any(test => test.StartsWith(name, StringComparison.Ordinal) && test.EndsWith("Tests.cs", StringComparison.Ordinal));
}
