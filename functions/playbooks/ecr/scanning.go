// Package ecr holds the playbooks for Amazon ECR.
package ecr

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// Scanning returns the control that has images scanned when they are pushed, by a filter of the registry: the setting
// of the repository itself is on its way out.
func Scanning() []control.Control {
	return []control.Control{kind.Setting[types.ScanFrequency]{
		Name: "ScanFrequency", Get: frequency, Set: setFrequency,
		Want: func(now types.ScanFrequency, _ control.Env) (types.ScanFrequency, error) {
			if now == types.ScanFrequencyManual {
				return types.ScanFrequencyScanOnPush, nil
			}
			return now, nil
		},
	}.Control(control.Info{
		ID: "ECR.1",
		Effect: "Images are scanned when they are pushed. The name of the repository becomes a filter in the scanning " +
			"configuration of the registry, which also takes repositories with that name in theirs. Basic scanning is free; " +
			"enhanced scanning is Inspector's, and billed per image. Pushing takes no longer.",
		Fails: control.Fails{
			When: "Images of the private repository are scanned by hand only: neither when they are pushed nor continuously.",
			Rule: "ecr-private-image-scanning-enabled",
		},
		Impact: control.ImpactNone,
		Pattern: regexp.MustCompile(
			`^arn:aws[a-z-]*:ecr:[a-z0-9-]+:\d{12}:repository/([a-z0-9][a-z0-9._/-]{1,255})$`),
		Actions: []string{
			"ecr:BatchGetRepositoryScanningConfiguration", "ecr:GetRegistryScanningConfiguration",
			"ecr:PutRegistryScanningConfiguration",
		},
		Settle: control.Settle{Typical: 15 * time.Second, Within: 5 * time.Minute},
		// The configuration is the registry's, and replaced as a whole.
		WholeAccount: true,
		Lock: func(env control.Env) []string {
			return []string{env.Target.Resource, "ecr/scanning/" + env.Target.Region}
		},
	})}
}

func frequency(ctx context.Context, env control.Env) (types.ScanFrequency, error) {
	out, err := ecr.NewFromConfig(env.Config).BatchGetRepositoryScanningConfiguration(ctx,
		&ecr.BatchGetRepositoryScanningConfigurationInput{RepositoryNames: []string{env.Name}})
	if err != nil {
		return "", err
	}
	for _, f := range out.Failures {
		if f.FailureCode == types.ScanningConfigurationFailureCodeRepositoryNotFound {
			return "", fault.New(fault.Gone, "ECR knows no repository %s", env.Name)
		}
	}
	if len(out.ScanningConfigurations) != 1 {
		return "", fault.New(fault.Invalid, "BatchGetRepositoryScanningConfiguration answered about %d repositories, and "+
			"not just about %s", len(out.ScanningConfigurations), env.Name)
	}
	found := out.ScanningConfigurations[0]
	switch {
	case found.ScanFrequency != "" && found.ScanFrequency != types.ScanFrequencyManual:
		return found.ScanFrequency, nil
	case found.ScanOnPush: // the setting of the repository itself
		return types.ScanFrequencyScanOnPush, nil
	}
	return types.ScanFrequencyManual, nil
}

// setFrequency adds the repository to what is scanned on push, or takes it out, and leaves the rest of the registry's
// configuration as it is. It looks for the repository first: the registry takes filters for any.
func setFrequency(ctx context.Context, env control.Env, to types.ScanFrequency) error {
	if _, err := frequency(ctx, env); err != nil {
		return err
	}
	client := ecr.NewFromConfig(env.Config)
	out, err := client.GetRegistryScanningConfiguration(ctx, &ecr.GetRegistryScanningConfigurationInput{})
	if err != nil {
		return err
	}
	if out.ScanningConfiguration == nil || out.ScanningConfiguration.ScanType == "" {
		return fault.New(fault.Invalid, "GetRegistryScanningConfiguration answered without a configuration")
	}
	ours := types.ScanningRepositoryFilter{Filter: &env.Name, FilterType: types.ScanningRepositoryFilterTypeWildcard}
	is := func(f types.ScanningRepositoryFilter) bool { return aws.ToString(f.Filter) == env.Name }
	rules, onPush := out.ScanningConfiguration.Rules, -1
	for i, r := range rules {
		if r.ScanFrequency == types.ScanFrequencyScanOnPush {
			rules[i].RepositoryFilters, onPush = slices.DeleteFunc(r.RepositoryFilters, is), i
		}
	}
	switch {
	case to == types.ScanFrequencyScanOnPush && onPush >= 0:
		rules[onPush].RepositoryFilters = append(rules[onPush].RepositoryFilters, ours)
	case to == types.ScanFrequencyScanOnPush:
		rules = append(rules, types.RegistryScanningRule{
			ScanFrequency: to, RepositoryFilters: []types.ScanningRepositoryFilter{ours},
		})
	}
	rules = slices.DeleteFunc(rules, func(r types.RegistryScanningRule) bool { return len(r.RepositoryFilters) == 0 })
	_, err = client.PutRegistryScanningConfiguration(ctx, &ecr.PutRegistryScanningConfigurationInput{
		ScanType: out.ScanningConfiguration.ScanType, Rules: rules,
	})
	return err
}
