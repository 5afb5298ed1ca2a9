package ssm_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ssm"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	documents = "arn:aws:ssm:us-east-1:" + playbooktest.DefaultAccount + ":document/"
	ofAccount = "AWS::::Account:" + playbooktest.DefaultAccount
	setting   = "/ssm/documents/console/public-sharing-permission"
)

func documentOf(resource string) *string { return aws.String(resource[len(documents):]) }

// runs is a document that runs a command.
func runs(command string) *string {
	return aws.String(`{"schemaVersion":"2.2","description":"d","mainSteps":[{"action":"aws:runShellScript",` +
		`"name":"a","inputs":{"runCommand":["` + command + `"]}}]}`)
}

func TestPublicDocument(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.SharedDocuments(), "SSM.4"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			name := "suite-" + rand.Text()
			playbooktest.Got(ssm.NewFromConfig(root).CreateDocument(ctx, &ssm.CreateDocumentInput{
				Name: &name, DocumentType: types.DocumentTypeCommand, DocumentFormat: types.DocumentFormatJson,
				Content: runs("true"),
			}))(t)
			playbooktest.Got(ssm.NewFromConfig(root).ModifyDocumentPermission(ctx, &ssm.ModifyDocumentPermissionInput{
				Name: &name, PermissionType: types.DocumentPermissionTypeShare, AccountIdsToAdd: []string{"all"},
			}))(t)
			return documents + name
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			out := playbooktest.Got(ssm.NewFromConfig(root).DescribeDocumentPermission(ctx, &ssm.DescribeDocumentPermissionInput{
				Name: documentOf(resource), PermissionType: types.DocumentPermissionTypeShare,
			}))(t)
			about := playbooktest.Got(ssm.NewFromConfig(root).DescribeDocument(ctx, &ssm.DescribeDocumentInput{
				Name: documentOf(resource),
			}))(t).Document
			return []any{out.AccountIds, *about.LatestVersion}
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(ssm.NewFromConfig(root).UpdateDocument(ctx, &ssm.UpdateDocumentInput{
				Name: documentOf(resource), Content: runs("false"), DocumentVersion: aws.String("$LATEST"),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(ssm.NewFromConfig(root).ModifyDocumentPermission(ctx, &ssm.ModifyDocumentPermissionInput{
				Name: documentOf(resource), PermissionType: types.DocumentPermissionTypeShare, AccountIdsToRemove: []string{"all"},
			}))(t)
			in := &ssm.DeleteDocumentInput{Name: documentOf(resource)}
			playbooktest.Got(ssm.NewFromConfig(root).DeleteDocument(ctx, in))(t)
		},
		Foreign: []string{documents + "*", documents, "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"},
		Skip:    map[string]string{playbooktest.CaseDrift: "everybody has it or not: a third value does not exist"},
	})
}

func TestPublicSharing(t *testing.T) {
	set := func(value string) playbooktest.Act {
		return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			playbooktest.Got(ssm.NewFromConfig(root).UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{
				SettingId: aws.String(setting), SettingValue: &value,
			}))(t)
		}
	}
	opscenter := aws.String("/ssm/opsinsights/opscenter")
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.SharedDocuments(), "SSM.7"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			set("Enable")(ctx, t, root, "")
			playbooktest.Got(ssm.NewFromConfig(root).ResetServiceSetting(ctx, &ssm.ResetServiceSettingInput{
				SettingId: opscenter,
			}))(t)
			return ofAccount
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			var seen []string
			for _, id := range []string{setting, *opscenter} {
				in := &ssm.GetServiceSettingInput{SettingId: &id}
				out := playbooktest.Got(ssm.NewFromConfig(root).GetServiceSetting(ctx, in))(t)
				seen = append(seen, *out.ServiceSetting.SettingValue)
			}
			return seen
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			playbooktest.Got(ssm.NewFromConfig(root).UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{
				SettingId: opscenter, SettingValue: aws.String("Enabled"),
			}))(t)
		},
		Skip: map[string]string{playbooktest.CaseDrift: "sharing is on or off: a third value does not exist"},
	})
}

// Everybody is "all" among the accounts, on whatever page; some accounts are not everybody.
func TestLineOfSharing(t *testing.T) {
	type answer = ssm.DescribeDocumentPermissionOutput
	paged := playbooktest.StandIn{"DescribeDocumentPermission": func(in any) (any, error) {
		if in.(*ssm.DescribeDocumentPermissionInput).NextToken == nil {
			return &answer{AccountIds: []string{"333333333333"}, NextToken: aws.String("2")}, nil
		}
		return &answer{AccountIds: []string{"all"}}, nil
	}}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.SharedDocuments(), "SSM.4"), documents+"setup",
		map[string]playbooktest.Shape{
			"nobody": {Answers: playbooktest.Answers(&answer{})},
			"some": {
				Answers: playbooktest.Answers(&answer{AccountIds: []string{"333333333333", "444444444444"}}),
			},
			"all":                       {Answers: playbooktest.Answers(&answer{AccountIds: []string{"all"}}), Fails: true},
			"all, as somebody wrote it": {Answers: playbooktest.Answers(&answer{AccountIds: []string{"All"}}), Fails: true},
			"all, beside some": {
				Answers: playbooktest.Answers(&answer{AccountIds: []string{"333333333333", "all"}}), Fails: true,
			},
			"on the second page": {Answers: paged, Fails: true},
			"all, one version": {Answers: playbooktest.Answers(&answer{
				AccountIds: []string{"all"}, AccountSharingInfoList: []types.AccountSharingInfo{
					{AccountId: aws.String("all"), SharedDocumentVersion: aws.String("$LATEST")},
				},
			}), Fails: true},
			"one version, as somebody wrote it": {Answers: playbooktest.Answers(&answer{
				AccountSharingInfoList: []types.AccountSharingInfo{
					{AccountId: aws.String("ALL"), SharedDocumentVersion: aws.String("$LATEST")},
				},
			}), Fails: true},
		})
	value := func(v *string) playbooktest.StandIn {
		return playbooktest.Answers(&ssm.GetServiceSettingOutput{ServiceSetting: &types.ServiceSetting{SettingValue: v}})
	}
	block := playbooktest.Pick(t, playbook.SharedDocuments(), "SSM.7")
	playbooktest.Judged(t, block, ofAccount, map[string]playbooktest.Shape{
		"shared":      {Answers: value(aws.String("Enable")), Fails: true},
		"not shared":  {Answers: value(aws.String("Disable"))},
		"no value":    {Answers: value(nil), Class: fault.Invalid},
		"no setting":  {Answers: playbooktest.Answers(&ssm.GetServiceSettingOutput{}), Class: fault.Invalid},
		"other words": {Answers: value(aws.String("enable")), Fails: true},
	})
}
