package iam

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// paramAnalyzer is the parameter with the name of the analyzer that is made.
const paramAnalyzer = "analyzerName"

// analyzers look for access from outside the account or its organization.
type analyzers struct {
	Active map[string]bool // by name

	Others map[string]string `salve:"fact"` // why none of the name, or no other one, can be made; by name
}

// ExternalAccess returns the control that has IAM Access Analyzer look for access from outside.
func ExternalAccess() []control.Control {
	return []control.Control{control.Of[analyzers]{
		Info: control.Info{
			ID: "IAM.28", Writes: "access-analyzer.analyzers",
			Effect: "IAM Access Analyzer tells, in this Region, which buckets, roles, keys and other resources somebody " +
				"outside the account may reach: by its own findings and in Security Hub. It changes nothing and is not billed. " +
				"What is shared on purpose shows too, until somebody archives it.",
			Fails: control.Fails{
				When: "No analyzer of external access, of the account or of its organization, shows in the Region and is active. " +
					"Those of unused and of internal access do not count.",
				Rule: "iam-external-access-analyzer-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramAnalyzer, Default: "external-access", Pattern: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,254}$`),
				Meaning: "Name of the analyzer that is made.",
			}},
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Actions: []string{
				"access-analyzer:CreateAnalyzer", "access-analyzer:ListAnalyzers",
				"iam:CreateServiceLinkedRole", // what CreateAnalyzer does in an account that never had one
			},
			UndoActions: []string{"access-analyzer:DeleteAnalyzer"},
			Settle:      control.Settle{Typical: 10 * time.Second, Within: 10 * time.Minute},
			Narrow: func(env control.Env) []string {
				return []string{env.Target.ARN("access-analyzer", "analyzer/"+env.Params.Text(paramAnalyzer))}
			},
			Lock: func(env control.Env) []string { return []string{"access-analyzer/" + env.Target.Region} },
		},
		Read: readAnalyzers, Write: writeAnalyzers,
		Want: func(now analyzers, env control.Env) (analyzers, error) {
			if len(now.Active) > 0 {
				return now, nil
			}
			if others := slices.Sorted(maps.Keys(now.Others)); len(others) > 0 {
				return now, fault.New(fault.Refused, "%s", now.Others[others[0]])
			}
			return analyzers{Active: map[string]bool{env.Params.Text(paramAnalyzer): true}}, nil
		},
	}.Control()}
}

func readAnalyzers(ctx context.Context, env control.Env) (analyzers, error) {
	now := analyzers{Active: map[string]bool{}, Others: map[string]string{}}
	pages := accessanalyzer.NewListAnalyzersPaginator(accessanalyzer.NewFromConfig(env.Config),
		&accessanalyzer.ListAnalyzersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return now, err
		}
		for _, a := range page.Analyzers {
			name := aws.ToString(a.Name)
			external := a.Type == types.TypeAccount || a.Type == types.TypeOrganization
			switch {
			case external && a.Status == types.AnalyzerStatusActive:
				now.Active[name] = true
			case a.Type == types.TypeAccount: // of which IAM takes one
				now.Others[name] = "see why the analyzer " + name + " is " + string(a.Status) + ", and delete it if it stays so: " +
					"an account has one of them in a Region"
			case name == env.Params.Text(paramAnalyzer):
				now.Others[name] = "name another analyzer in the parameter " + paramAnalyzer + ": one of the type " +
					string(a.Type) + " has the name " + name
			}
		}
	}
	return now, nil
}

// writeAnalyzers looks first: a run that was cut off may have made it.
func writeAnalyzers(ctx context.Context, env control.Env, from, to analyzers) error {
	now, err := readAnalyzers(ctx, env)
	if err != nil {
		return err
	}
	client := accessanalyzer.NewFromConfig(env.Config)
	for name := range to.Active {
		if now.Active[name] || from.Active[name] {
			continue
		}
		_, err := client.CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{
			AnalyzerName: &name, Type: types.TypeAccount,
		})
		if err != nil {
			return err
		}
	}
	for name := range from.Active {
		if to.Active[name] || !now.Active[name] {
			continue
		}
		_, err := client.DeleteAnalyzer(ctx, &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: &name})
		if err != nil && fault.Of(err) != fault.Gone {
			return err
		}
	}
	return nil
}
