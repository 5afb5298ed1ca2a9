package enable

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/salve-security/salve/internal/fault"
)

// The analyzers that Salve makes, and how old access has to be that counts as unused, which is AWS's own number.
const (
	externalAnalyzer = "salve-organization"
	unusedAnalyzer   = "salve-organization-unused"
	unusedDays       = 90
)

// analyzerPrincipal is IAM Access Analyzer, as AWS Organizations knows it.
const analyzerPrincipal = "access-analyzer.amazonaws.com"

// accessAnalyzer is IAM Access Analyzer. It takes its administrator from AWS Organizations, and covers accounts by
// itself.
// Source: IAM User Guide, adding a delegated administrator for IAM Access Analyzer.
type accessAnalyzer struct{}

// Name implements Service.
func (accessAnalyzer) Name() string { return "accessanalyzer" }

// Policy implements Service.
func (accessAnalyzer) Policy() string { return "" }

// Steps implements Service.
func (accessAnalyzer) Steps(e Env) []Step {
	a := analyzerIn{e}
	var steps []Step
	if e.Home() {
		steps = append(steps, e.trust(analyzerPrincipal))
	}
	steps = append(steps, e.register(othersAnalyzers, analyzerPrincipal))
	if e.Home() {
		steps = append(steps, e.linkedRole("role in the management account", analyzerPrincipal, e.management))
	}
	steps = append(steps, a.analyzer("analyzer of external access", externalAnalyzer, types.TypeOrganization, "", nil))
	// Roles and users are the same in every Region: one analyzer sees them, and each would be billed.
	if e.Home() && e.Wish.Services.AccessAnalyzer.Unused {
		steps = append(steps, a.analyzer("analyzer of unused access", unusedAnalyzer, types.TypeOrganizationUnusedAccess,
			unusedAccessPrice(), &types.AnalyzerConfigurationMemberUnusedAccess{
				Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(unusedDays)},
			}))
	}
	return steps
}

// analyzerIn is IAM Access Analyzer in one Region.
type analyzerIn struct{ Env }

func (a analyzerIn) client() (*accessanalyzer.Client, error) {
	return opened(a.administrator, accessanalyzer.NewFromConfig)
}

// analyzer is the step that there is one of a type, by whatever name.
func (a analyzerIn) analyzer(
	step, name string, kind types.Type, price string, configuration types.AnalyzerConfiguration,
) Step {
	return Step{Name: step, Want: "active", Price: price, Look: func(ctx context.Context) (Reading, error) {
		client, err := a.client()
		if err != nil {
			return Reading{}, err
		}
		all, err := analyzers(ctx, client)
		if err != nil {
			return Reading{}, err
		}
		if is, there := best(all, kind); there {
			return standing(client, is, name)
		}
		for _, other := range all {
			if aws.ToString(other.Name) == name {
				return Reading{}, fault.New(fault.Refused, "an analyzer of type %s is called %s: delete it, then run it again",
					other.Type, name)
			}
		}
		return Reading{Is: "none", Price: price, Stays: "there is none", Set: func(ctx context.Context) error {
			_, err := client.CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{
				AnalyzerName: &name, Type: kind, Configuration: configuration,
			})
			return wrap("make the analyzer "+name, err)
		}}, nil
	}}
}

func analyzers(ctx context.Context, client *accessanalyzer.Client) ([]types.AnalyzerSummary, error) {
	var all []types.AnalyzerSummary
	pages := accessanalyzer.NewListAnalyzersPaginator(client, &accessanalyzer.ListAnalyzersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("analyzers: %w", err)
		}
		all = append(all, page.Analyzers...)
	}
	return all, nil
}

// othersAnalyzers are those of the organization that this run does not delete: AWS disables them without it.
// Source: IAM User Guide, changing the delegated administrator for IAM Access Analyzer.
func othersAnalyzers(ctx context.Context, e Env, cfg aws.Config) ([]string, error) {
	all, err := analyzers(ctx, accessanalyzer.NewFromConfig(cfg))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a types.AnalyzerSummary) bool {
		name := aws.ToString(a.Name)
		return !strings.HasPrefix(string(a.Type), string(types.TypeOrganization)) ||
			e.leaves() && (name == externalAnalyzer || name == unusedAnalyzer && e.Home())
	})
	return named(all, "analyzer", func(a types.AnalyzerSummary) *string { return a.Name }), nil
}

// best is the analyzer of a type that works, or else one that does not.
func best(all []types.AnalyzerSummary, kind types.Type) (types.AnalyzerSummary, bool) {
	var found types.AnalyzerSummary
	there := false
	for _, a := range all {
		if a.Type == kind && (!there || a.Status == types.AnalyzerStatusActive) {
			found, there = a, true
		}
	}
	return found, there
}

// standing says what an analyzer means that is there. Only Salve's own is taken back, by its name.
func standing(client *accessanalyzer.Client, is types.AnalyzerSummary, own string) (Reading, error) {
	name := aws.ToString(is.Name)
	r := Reading{Is: name + ", " + strings.ToLower(string(is.Status)), Stays: name + " is not Salve's: it stays"}
	if name == own {
		r.Back = func(ctx context.Context) error {
			_, err := client.DeleteAnalyzer(ctx, &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: &own})
			return wrap("delete the analyzer "+own, err)
		}
	}
	switch is.Status {
	case types.AnalyzerStatusActive:
		r.Right = true
	case types.AnalyzerStatusCreating:
		r.Set = func(context.Context) error { return nil } // AWS is at it
	case types.AnalyzerStatusDisabled: // as long as the delegation was away; AWS takes a while
		return r, fault.New(fault.Retry, "the analyzer %s is disabled: if it stays so, delete it and run it again; its "+
			"findings go with it", name)
	case types.AnalyzerStatusFailed:
		reason := "no reason given"
		if is.StatusReason != nil {
			reason = string(is.StatusReason.Code)
		}
		return r, fault.New(fault.Refused, "the analyzer %s has failed (%s): delete it, then run it again", name, reason)
	}
	return r, nil
}

// Accounts implements Service: an analyzer of the organization covers all of it.
func (accessAnalyzer) Accounts(ctx context.Context, e Env) ([]AccountState, error) {
	client, err := analyzerIn{e}.client()
	if err != nil {
		return nil, err
	}
	all, err := analyzers(ctx, client)
	if err != nil {
		return nil, err
	}
	on := []string{}
	for _, kind := range []types.Type{types.TypeOrganization, types.TypeOrganizationUnusedAccess} {
		if is, there := best(all, kind); there && is.Status == types.AnalyzerStatusActive {
			on = append(on, string(kind))
		}
	}
	there := map[string]string{}
	for _, a := range e.Organization.Accounts {
		if len(on) > 0 {
			there[a.ID] = "covered"
		}
	}
	return e.states(there, func(string) []string { return on }), nil
}
