package ecr_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ecr"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const repositories = "arn:aws:ecr:us-east-1:222222222222:repository/"

func name(resource string) string { return strings.TrimPrefix(resource, repositories) }

// registry is the scanning configuration with the filters, by how often.
func registry(frequency types.ScanFrequency, filters ...string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		t.Helper()
		in := &ecr.PutRegistryScanningConfigurationInput{ScanType: types.ScanTypeBasic}
		for _, f := range filters {
			in.Rules = append(in.Rules, types.RegistryScanningRule{
				ScanFrequency: frequency,
				RepositoryFilters: []types.ScanningRepositoryFilter{
					{Filter: &f, FilterType: types.ScanningRepositoryFilterTypeWildcard},
				},
			})
		}
		playbooktest.Got(ecr.NewFromConfig(root).PutRegistryScanningConfiguration(ctx, in))(t)
	}
}

func TestScanning(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Scanning()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			registry(types.ScanFrequencyScanOnPush, "others-*")(ctx, t, root, "")
			return *playbooktest.Got(ecr.NewFromConfig(root).CreateRepository(ctx, &ecr.CreateRepositoryInput{
				RepositoryName: aws.String("suite/" + strings.ToLower(rand.Text())),
			}))(t).Repository.RepositoryArn
		},
		Foreign: []string{repositories + "*", repositories + "A", repositories, "arn:aws:ecr:us-east-1:22:repository/shop"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			client := ecr.NewFromConfig(root)
			now := playbooktest.Got(client.BatchGetRepositoryScanningConfiguration(ctx,
				&ecr.BatchGetRepositoryScanningConfigurationInput{RepositoryNames: []string{name(resource)}}))(t)
			about := playbooktest.Got(client.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{
				RepositoryNames: []string{name(resource)},
			}))(t).Repositories[0]
			return []any{now.ScanningConfigurations[0].ScanFrequency, about.ImageTagMutability}
		},
		Disturb: registry(types.ScanFrequencyContinuousScan, "*"),
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(ecr.NewFromConfig(root).PutImageTagMutability(ctx, &ecr.PutImageTagMutabilityInput{
				RepositoryName: aws.String(name(resource)), ImageTagMutability: types.ImageTagMutabilityImmutable,
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(ecr.NewFromConfig(root).DeleteRepository(ctx, &ecr.DeleteRepositoryInput{
				RepositoryName: aws.String(name(resource)),
			}))(t)
		},
		Skip: map[string]string{
			playbooktest.CaseNarrow: "the configuration is the registry's: AWS limits it to no repository",
		},
	})
}

func TestLineOfScanning(t *testing.T) {
	shape := func(c types.RepositoryScanningConfiguration) playbooktest.StandIn {
		return playbooktest.Answers(&ecr.BatchGetRepositoryScanningConfigurationOutput{
			ScanningConfigurations: []types.RepositoryScanningConfiguration{c},
		})
	}
	often := func(f types.ScanFrequency) playbooktest.StandIn {
		return shape(types.RepositoryScanningConfiguration{ScanFrequency: f})
	}
	failing := playbooktest.Answers(&ecr.BatchGetRepositoryScanningConfigurationOutput{
		Failures: []types.RepositoryScanningConfigurationFailure{{
			FailureCode: types.ScanningConfigurationFailureCodeRepositoryNotFound,
		}},
	})
	playbooktest.Judged(t, playbook.Scanning()[0], repositories+"shop", map[string]playbooktest.Shape{
		"by hand": {Answers: often(types.ScanFrequencyManual), Fails: true}, "not said": {Answers: often(""), Fails: true},
		"on push":      {Answers: often(types.ScanFrequencyScanOnPush)},
		"all the time": {Answers: often(types.ScanFrequencyContinuousScan)},
		"by its own setting": {
			Answers: shape(types.RepositoryScanningConfiguration{ScanFrequency: "MANUAL", ScanOnPush: true}),
		},
		"gone": {Answers: failing, Class: fault.Gone},
		"nothing": {
			Answers: playbooktest.Answers(&ecr.BatchGetRepositoryScanningConfigurationOutput{}), Class: fault.Invalid,
		},
	})
}

// better: ECR.1 prefers the registry's setting
func TestOthersFiltersStay(t *testing.T) {
	c, root := playbook.Scanning()[0], playbooktest.Root(t)
	registry(types.ScanFrequencyScanOnPush, "others-*")(t.Context(), t, root, "")
	resource := *playbooktest.Got(ecr.NewFromConfig(root).CreateRepository(t.Context(), &ecr.CreateRepositoryInput{
		RepositoryName: aws.String("kept"),
	}))(t).Repository.RepositoryArn
	filters := func() (all []string) {
		now := playbooktest.Got(ecr.NewFromConfig(root).GetRegistryScanningConfiguration(t.Context(), nil))(t)
		for _, r := range now.ScanningConfiguration.Rules {
			for _, f := range r.RepositoryFilters {
				all = append(all, string(r.ScanFrequency)+" "+*f.Filter)
			}
		}
		return all
	}
	env := playbooktest.Env(t, c, resource)
	changes := playbooktest.Fix(t, c, env)
	if d := cmp.Diff([]string{"SCAN_ON_PUSH others-*", "SCAN_ON_PUSH kept"}, filters()); d != "" {
		t.Errorf("filters (-want +got):\n%s", d)
	}
	playbooktest.Undo(t, c, env, changes)
	if d := cmp.Diff([]string{"SCAN_ON_PUSH others-*"}, filters()); d != "" {
		t.Errorf("filters after undo (-want +got):\n%s", d)
	}
}
