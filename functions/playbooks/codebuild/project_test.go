package codebuild_test

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	playbook "github.com/salve-security/salve/functions/playbooks/codebuild"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const projects = "arn:aws:codebuild:us-east-1:222222222222:project/"

func name(resource string) *string { return aws.String(resource[len(projects):]) }

// logs are what projects say of their logs, by name: the lab takes it and forgets it.
type logs struct {
	mu  sync.Mutex
	all map[string]*types.LogsConfig
}

func (l *logs) amend(in, out any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch in := in.(type) {
	case *codebuild.CreateProjectInput:
		l.all[*in.Name] = in.LogsConfig
	case *codebuild.UpdateProjectInput:
		if in.LogsConfig != nil {
			l.all[*in.Name] = in.LogsConfig
		}
	case *codebuild.BatchGetProjectsInput:
		got := out.(*codebuild.BatchGetProjectsOutput)
		for i := range got.Projects {
			got.Projects[i].LogsConfig = l.all[*got.Projects[i].Name]
		}
	}
}

func look(ctx context.Context, t *testing.T, root aws.Config, resource string) types.Project {
	t.Helper()
	return playbooktest.Got(codebuild.NewFromConfig(root).BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{
		Names: []string{*name(resource)},
	}))(t).Projects[0]
}

func change(to func(*codebuild.UpdateProjectInput)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in := &codebuild.UpdateProjectInput{Name: name(resource)}
		to(in)
		playbooktest.Got(codebuild.NewFromConfig(root).UpdateProject(ctx, in))(t)
	}
}

func remove(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	playbooktest.Got(codebuild.NewFromConfig(root).DeleteProject(ctx, &codebuild.DeleteProjectInput{
		Name: name(resource),
	}))(t)
}

// project is one that builds with the environment and logs in two places.
func project(variables ...types.EnvironmentVariable) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		return *playbooktest.Got(codebuild.NewFromConfig(root).CreateProject(ctx, &codebuild.CreateProjectInput{
			Name: aws.String("suite-" + rand.Text()), ServiceRole: aws.String("arn:aws:iam::222222222222:role/builds"),
			Artifacts: &types.ProjectArtifacts{Type: types.ArtifactsTypeNoArtifacts},
			Source:    &types.ProjectSource{Type: types.SourceTypeNoSource, Buildspec: aws.String("version: 0.2")},
			Environment: &types.ProjectEnvironment{
				Type: types.EnvironmentTypeLinuxContainer, ComputeType: types.ComputeTypeBuildGeneral1Small,
				Image: aws.String("aws/codebuild/standard:7.0"), EnvironmentVariables: variables,
			},
			LogsConfig: &types.LogsConfig{
				CloudWatchLogs: &types.CloudWatchLogsConfig{Status: types.LogsConfigStatusTypeEnabled, GroupName: aws.String("g")},
				S3Logs: &types.S3LogsConfig{
					Status: types.LogsConfigStatusTypeEnabled, Location: aws.String("logs/builds"), EncryptionDisabled: aws.Bool(true),
				},
			},
		}))(t).Project.Arn
	}
}

func TestLogEncryption(t *testing.T) {
	kept := &logs{all: map[string]*types.LogsConfig{}}
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Amended(playbooktest.World(t), kept.amend), Control: playbook.LogEncryption()[0],
		Seed: project(),
		Foreign: []string{
			projects + "*", projects + "a/b", "arn:aws:codebuild:us-east-1:222222222222:report-group/a", projects,
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			p := look(ctx, t, root, resource)
			return []any{*p.LogsConfig.S3Logs, *p.LogsConfig.CloudWatchLogs, p.Description}
		},
		Unrelated: change(func(in *codebuild.UpdateProjectInput) { in.Description = aws.String("shop") }),
		Delete:    remove,
		Skip:      map[string]string{playbooktest.CaseDrift: "encryption is on or off, and both are ours"},
	})
}

// AWS fails what turns encryption off, and nothing else: neither logs that are off nor a setting that is not there.
func TestLineOfLogs(t *testing.T) {
	is := func(l *types.LogsConfig) playbooktest.StandIn {
		return playbooktest.Answers(&codebuild.BatchGetProjectsOutput{Projects: []types.Project{{LogsConfig: l}}})
	}
	in3 := func(status types.LogsConfigStatusType, off *bool) playbooktest.StandIn {
		return is(&types.LogsConfig{S3Logs: &types.S3LogsConfig{Status: status, EncryptionDisabled: off}})
	}
	playbooktest.Judged(t, playbook.LogEncryption()[0], projects+"shop", map[string]playbooktest.Shape{
		"unencrypted":      {Answers: in3("ENABLED", aws.Bool(true)), Fails: true},
		"unencrypted, off": {Answers: in3("DISABLED", aws.Bool(true)), Fails: true},
		"encrypted":        {Answers: in3("ENABLED", aws.Bool(false))}, "not said": {Answers: in3("ENABLED", nil)},
		"no logs":    {Answers: is(nil)},
		"other logs": {Answers: is(&types.LogsConfig{CloudWatchLogs: &types.CloudWatchLogsConfig{}})},
		"gone": {
			Answers: playbooktest.Answers(&codebuild.BatchGetProjectsOutput{ProjectsNotFound: []string{"shop"}}),
			Class:   fault.Gone,
		},
		"nothing": {Answers: playbooktest.Answers(&codebuild.BatchGetProjectsOutput{}), Class: fault.Invalid},
	})
}
