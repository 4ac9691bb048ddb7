using System.Reflection;
using System.Text;

namespace Realtime.Tests.Client;

/// <summary>The public API of a library as text: sorted, one member a line.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    public static string Of(Assembly library)
    {
        var text = new StringBuilder();
        foreach (var type in library.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Heading(type)).Append('\n');
            foreach (var member in Members(type).Order(StringComparer.Ordinal)) text.Append("    ").Append(member).Append('\n');
        }
        return text.ToString();
    }

    private static string Heading(Type type)
    {
        var kind = type.IsEnum
            ? "enum"
            : type.IsInterface ? "interface" : type.IsValueType ? "struct" : IsRecord(type) ? "record" : "class";
        var modifier = type is { IsAbstract: true, IsSealed: true }
            ? "static "
            : type is { IsAbstract: true, IsInterface: false }
            ? "abstract "
            : type is { IsSealed: true, IsValueType: false } ? "sealed " : "";
        var bases = new[] { type.BaseType }.Concat(type.GetInterfaces())
            .Where(b => b is not null && b != typeof(object) && b != typeof(ValueType) && b != typeof(Enum)
                && !b.Name.StartsWith("IEquatable", StringComparison.Ordinal))
            .Where(b => !type.IsEnum && (type.BaseType is null || b == type.BaseType || !b!.IsAssignableFrom(type.BaseType)))
            .Select(b => Name(b!)).Order(StringComparer.Ordinal).ToList();
        return $"{modifier}{kind} {type.FullName}{(bases.Count > 0 ? " : " : "")}{string.Join(", ", bases)}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum) return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt32(Enum.Parse(type, name), null)}");
        var constructors = type.GetConstructors(Declared).Where(IsVisible).Select(c => $"new({Parameters(c)})");
        var methods = type.GetMethods(Declared).Where(m => IsVisible(m) && !m.IsSpecialName && !IsMadeByCompiler(type, m))
            .Select(m => $"{(m.IsStatic ? "static " : "")}{Name(m.ReturnType)} {m.Name}{Generic(m)}({Parameters(m)})");
        return constructors.Concat(methods).Concat(Properties(type));
    }

    private static IEnumerable<string> Properties(Type type) =>
        from property in type.GetProperties(Declared)
        where property.GetMethod is { IsPublic: true } && property.Name != "EqualityContract"
        let set = property.SetMethod is not { } setter || !setter.IsPublic ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? " init;" : " set;"
        let isRequired = property.CustomAttributes.Any(a => a.AttributeType.Name == "RequiredMemberAttribute") ? "required " : ""
        let nullable = Nullability.Create(property).ReadState == NullabilityState.Nullable && !property.PropertyType.IsValueType ? "?" : ""
        select $"{isRequired}{Name(property.PropertyType)}{nullable} {property.Name} {{ get;{set} }}";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
    {
        var nullable = Nullability.Create(p).ReadState == NullabilityState.Nullable && !p.ParameterType.IsValueType ? "?" : "";
        return $"{Name(p.ParameterType)}{nullable} {p.Name}{(p.HasDefaultValue ? " = default" : "")}";
    }));

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static bool IsMadeByCompiler(Type type, MethodInfo method) =>
        (IsRecord(type) || type.IsValueType)
        && method.Name is "<Clone>$" or "Equals" or "GetHashCode" or "PrintMembers" or "ToString" or "Deconstruct";

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Name(underlying) + "?";
        if (!type.IsGenericType) return type.Name;
        var arguments = string.Join(", ", type.GetGenericArguments().Select(Name));
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{arguments}>";
    }
}
