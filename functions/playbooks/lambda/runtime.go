package lambda

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// paramRuntimes is the parameter with what takes the place of old runtimes.
const paramRuntimes = "runtimes"

// bare begins the runtimes that are an operating system alone, which AWS does not count.
// Source: AWS Config developer guide, lambda-function-settings-check.
const bare = "provided"

// Runtime returns the control that moves functions to the runtimes that people name: whether the code runs there, only
// they can know.
func Runtime() []control.Control {
	return []control.Control{kind.Setting[types.Runtime]{
		Name: "Runtime", Get: runtime, Want: wantRuntime, Set: setRuntime,
	}.Control(control.Info{
		ID: "Lambda.2",
		Effect: "The unpublished version of the function runs on the other runtime from the next call on; published " +
			"versions, and aliases of them, stay on the old one. Code, packages, layers and handlers that do not fit the new " +
			"runtime fail: try it in a copy of the function first. Undo is refused by AWS once it takes no functions on the " +
			"old runtime any more.",
		Fails: control.Fails{
			When: "The function runs on a runtime that AWS supports no longer. Functions from container images do not count, " +
				"nor do those that bring a runtime of their own: provided, provided.al2, provided.al2023.",
			Rule: "lambda-function-settings-check",
		},
		Impact:  control.ImpactInterrupts,
		Pattern: functionARN,
		Params: []control.Param{{
			Name: paramRuntimes, Default: []string{}, Form: "OLD=NEW, such as python3.9=python3.13",
			Pattern: regexp.MustCompile(`^[a-z0-9.]{2,30}=[a-z0-9.]{2,30}$`),
			Meaning: "Runtimes that AWS supports no longer, each with the one that takes its place. Salve knows none by itself.",
		}},
		Actions: []string{"lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"},
		Settle:  control.Settle{Typical: 10 * time.Second, Within: 5 * time.Minute},
		// Not a version or an alias, which stay as they are.
		Narrow: func(env control.Env) []string { return []string{env.Name} },
		Lock:   func(env control.Env) []string { return []string{env.Name} },
	})}
}

// runtime is empty for a function from a container image.
func runtime(ctx context.Context, env control.Env) (types.Runtime, error) {
	out, err := lambda.NewFromConfig(env.Config).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{
		FunctionName: &env.Name,
	})
	switch {
	case err != nil:
		return "", err
	case out.PackageType == types.PackageTypeImage:
		return "", nil
	case out.Runtime == "":
		return "", fault.New(fault.Invalid, "GetFunctionConfiguration answered without a runtime")
	}
	return out.Runtime, nil
}

// wantRuntime leaves what people name as a successor, and refuses what they do not speak of: a list of what AWS
// supports would be wrong in a few months.
func wantRuntime(now types.Runtime, env control.Env) (types.Runtime, error) {
	if strings.HasPrefix(string(now), bare) {
		return now, nil
	}
	all := env.Params.Texts(paramRuntimes)
	if last, err := successor(all, string(now)); err != nil || last != string(now) {
		return types.Runtime(last), err
	}
	if now == "" || slices.ContainsFunc(all, func(pair string) bool { return strings.HasSuffix(pair, "="+string(now)) }) {
		return now, nil
	}
	return now, fault.New(fault.Refused, "name what takes the place of %s in the parameter %s, as %s=NEW, or %s=%s "+
		"where AWS supports it still: whether the code runs elsewhere, only people can know", now, paramRuntimes,
		now, now, now)
}

// successor is what takes the place of a runtime in the end, which is itself where people name none.
func successor(all []string, runtime string) (string, error) {
	for range len(all) + 1 {
		at := slices.IndexFunc(all, func(pair string) bool { return strings.HasPrefix(pair, runtime+"=") })
		if at < 0 || all[at] == runtime+"="+runtime {
			return runtime, nil
		}
		_, runtime, _ = strings.Cut(all[at], "=")
	}
	return "", fault.New(fault.Refused, "name one runtime that takes the place of %s in the end: the parameter %s goes "+
		"round in a circle", runtime, paramRuntimes)
}

func setRuntime(ctx context.Context, env control.Env, to types.Runtime) error {
	_, err := lambda.NewFromConfig(env.Config).UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &env.Name, Runtime: to,
	})
	return err
}
