// Package codebuild holds the playbooks for AWS CodeBuild.
package codebuild

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// projectARN accepts the build projects of all partitions.
var projectARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:codebuild:[a-z0-9-]+:\d{12}:project/([A-Za-z0-9][A-Za-z0-9_-]{1,254})$`)

// LogEncryption returns the control that has the logs in a bucket encrypted.
func LogEncryption() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "EncryptionDisabled", Want: kind.Always(false), Set: setUnencrypted,
		Get: func(ctx context.Context, env control.Env) (bool, error) {
			p, err := describe(ctx, env)
			if err != nil || p.LogsConfig == nil || p.LogsConfig.S3Logs == nil {
				return false, err
			}
			return aws.ToBool(p.LogsConfig.S3Logs.EncryptionDisabled), nil
		},
	}.Control(control.Info{
		ID: "CodeBuild.3", Writes: "codebuild.project.logs",
		Effect: "The logs that later builds write into their bucket are encrypted with the project's key. Who reads them " +
			"there from another account needs a right to that key. The old logs stay as they are, and no build is stopped.",
		Fails: control.Fails{
			When: "Encryption of the project's S3 logs is turned off (encryptionDisabled is true). A project without S3 logs, " +
				"or that says nothing of their encryption, passes.",
			Rule: "codebuild-project-s3-logs-encrypted",
		},
		Impact:  control.ImpactNone,
		Pattern: projectARN,
		Actions: []string{"codebuild:BatchGetProjects", "codebuild:UpdateProject"},
	})}
}

func describe(ctx context.Context, env control.Env) (types.Project, error) {
	out, err := codebuild.NewFromConfig(env.Config).BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{
		Names: []string{env.Name},
	})
	switch {
	case err != nil:
		return types.Project{}, err
	case len(out.ProjectsNotFound) > 0:
		return types.Project{}, fault.New(fault.Gone, "CodeBuild knows no project %s", env.Name)
	case len(out.Projects) != 1:
		return types.Project{}, fault.New(fault.Invalid, "BatchGetProjects answered with %d projects of the name %s",
			len(out.Projects), env.Name)
	}
	return out.Projects[0], nil
}

// setUnencrypted sends all of what a project says of its logs: CodeBuild replaces it as a whole, and nothing else.
func setUnencrypted(ctx context.Context, env control.Env, off bool) error {
	p, err := describe(ctx, env)
	if err != nil {
		return err
	}
	if p.LogsConfig == nil || p.LogsConfig.S3Logs == nil {
		return fault.New(fault.Drifted, "the project %s writes no logs into a bucket any more", env.Name)
	}
	to, logs := *p.LogsConfig, *p.LogsConfig.S3Logs
	logs.EncryptionDisabled = &off
	to.S3Logs = &logs
	_, err = codebuild.NewFromConfig(env.Config).UpdateProject(ctx, &codebuild.UpdateProjectInput{
		Name: &env.Name, LogsConfig: &to,
	})
	return err
}
