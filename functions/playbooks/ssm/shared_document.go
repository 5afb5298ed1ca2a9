package ssm

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// everybody is how SSM calls all accounts, in whatever case somebody wrote it.
const everybody = "all"

// SharedDocuments returns the controls that keep documents from everybody: one that is shared, and those to come.
func SharedDocuments() []control.Control {
	return []control.Control{
		kind.Setting[string]{
			Name: "SharedWithAll", Get: readShared, Set: writeShared, Want: kind.Always(""),
		}.Control(control.Info{
			ID: "SSM.4",
			Effect: "Other accounts can neither see nor run the document any more, unless it is shared with them by their " +
				"number. Which ones use it nobody can see from here: ask who published its ARN before.",
			Fails: control.Fails{
				When: "The document, of the account's own, is shared with everybody. One that is shared with some accounts passes.",
				Rule: "ssm-document-not-public",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:document/([A-Za-z0-9_.-]{3,128})$`),
			Actions: []string{"ssm:DescribeDocumentPermission", "ssm:ModifyDocumentPermission"},
		}),
		kind.Setting[string]{
			Name: "PublicSharing", Get: readSharing, Set: writeSharing, Want: kind.Always("Disable"),
		}.Control(control.Info{
			ID: "SSM.7",
			Effect: "Nobody can share another document of the account in this Region with everybody. Those that are shared " +
				"stay so: see SSM.4.",
			Fails: control.Fails{
				When: "The setting that blocks public sharing of documents is off in the Region.",
				Rule: "ssm-automation-block-public-sharing",
			},
			Impact:  control.ImpactNone,
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Actions: []string{"ssm:GetServiceSetting", "ssm:UpdateServiceSetting"},
			Narrow:  func(env control.Env) []string { return []string{sharing(env)} },
			Lock:    func(env control.Env) []string { return []string{sharing(env)} },
		}),
	}
}

// readShared is the version that everybody has, "" where the document is not public.
func readShared(ctx context.Context, env control.Env) (string, error) {
	client, in := ssm.NewFromConfig(env.Config), &ssm.DescribeDocumentPermissionInput{
		Name: &env.Name, PermissionType: types.DocumentPermissionTypeShare,
	}
	for {
		out, err := client.DescribeDocumentPermission(ctx, in)
		if err != nil {
			return "", err
		}
		for _, with := range out.AccountSharingInfoList {
			if version := aws.ToString(with.SharedDocumentVersion); isEverybody(aws.ToString(with.AccountId)) && version != "" {
				return version, nil
			}
		}
		if slices.ContainsFunc(out.AccountIds, isEverybody) {
			return "$DEFAULT", nil // what SSM shares where nobody says which
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return "", nil
		}
	}
}

func isEverybody(account string) bool { return strings.EqualFold(account, everybody) }

func writeShared(ctx context.Context, env control.Env, version string) error {
	in := &ssm.ModifyDocumentPermissionInput{Name: &env.Name, PermissionType: types.DocumentPermissionTypeShare}
	if version == "" {
		in.AccountIdsToRemove = []string{everybody}
	} else {
		in.AccountIdsToAdd, in.SharedDocumentVersion = []string{everybody}, &version
	}
	_, err := ssm.NewFromConfig(env.Config).ModifyDocumentPermission(ctx, in)
	return err
}

// sharing is the ARN of the setting, which is its id too.
func sharing(env control.Env) string {
	return env.Target.ARN("ssm", "servicesetting/ssm/documents/console/public-sharing-permission")
}

func readSharing(ctx context.Context, env control.Env) (string, error) {
	out, err := ssm.NewFromConfig(env.Config).GetServiceSetting(ctx, &ssm.GetServiceSettingInput{
		SettingId: aws.String(sharing(env)),
	})
	if err != nil {
		return "", err
	}
	setting, err := kind.Answered(out.ServiceSetting, "GetServiceSetting", "the setting")
	if err != nil {
		return "", err
	}
	return kind.Answered(setting.SettingValue, "GetServiceSetting", "its value")
}

func writeSharing(ctx context.Context, env control.Env, value string) error {
	_, err := ssm.NewFromConfig(env.Config).UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{
		SettingId: aws.String(sharing(env)), SettingValue: &value,
	})
	return err
}
