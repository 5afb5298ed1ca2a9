package codebuild

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/names"
)

// parameter is one of Parameter Store, without its value, which nobody here reads: that it is the right one shows the
// mark in the description, as long as there was no second version.
type parameter struct {
	Type        types.ParameterType
	Key         string
	Version     int64
	Description string
}

// parameterOf is the parameter that is made for a variable.
func parameterOf(value control.Secret, name string, env control.Env) parameter {
	return parameter{
		types.ParameterTypeSecureString, env.Params.Text(needs.ParamKey), 1,
		"Variable " + name + " of the CodeBuild project " + env.Name + ", moved by Salve, " + value.String(),
	}
}

func parameterARN(env control.Env, name string) string {
	return env.Target.ARN("ssm", "parameter"+place(env, name))
}

// parametersOf are those of the parameters that are there, by name.
func parametersOf(ctx context.Context, env control.Env, all ...string) (map[string]parameter, error) {
	found := map[string]parameter{}
	pages := ssm.NewDescribeParametersPaginator(ssm.NewFromConfig(env.Config), &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{
			Key: aws.String("Name"), Option: aws.String("Equals"), Values: all,
		}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Parameters {
			found[aws.ToString(p.Name)] = parameter{p.Type, aws.ToString(p.KeyId), p.Version, aws.ToString(p.Description)}
		}
	}
	return found, nil
}

func inTheWay(name string) error {
	return fault.New(fault.Refused, "move the parameter %s away, or name another path in the parameter %s: it is there "+
		"already, and Salve writes over nothing", name, paramPath)
}

// ensureParameters makes the parameters for what is moved, each with the value of its variable.
func ensureParameters(from, to map[string]variable) kind.Ensure[parameter] {
	values := map[string]control.Secret{}
	for name, v := range to {
		values[v.Place] = from[name].Value
	}
	return kind.Ensure[parameter]{
		There: func(ctx context.Context, env control.Env, name string, wanted parameter) (bool, error) {
			found, err := parametersOf(ctx, env, name)
			there, exists := found[name]
			if err == nil && exists && there != wanted {
				err = inTheWay(name)
			}
			return exists, err
		},
		Make: func(ctx context.Context, env control.Env, name string, p parameter) error {
			value, err := env.Reveal(values[name])
			if err != nil {
				return err
			}
			_, err = ssm.NewFromConfig(env.Config).PutParameter(ctx, &ssm.PutParameterInput{
				Name: &name, Value: &value, Type: p.Type, KeyId: &p.Key, Description: &p.Description,
				Tier: types.ParameterTierStandard, Overwrite: aws.Bool(false),
			})
			return err
		},
	}
}

// unreadable is why builds could not read the parameters for the variables, with what a person can do; empty where they
// can. It asks about the service role, which builds run as.
func unreadable(ctx context.Context, env control.Env, role *string, variables []string) (string, error) {
	as, err := kind.Answered(role, "BatchGetProjects", "the service role")
	if err != nil {
		return "", err
	}
	for _, name := range variables {
		trouble, err := forbidden(ctx, env, as, "ssm:GetParameters", parameterARN(env, name))
		if trouble != "" || err != nil {
			return trouble, err
		}
	}
	alias := env.Params.Text(needs.ParamKey)
	if alias == usualKey {
		return "", nil
	}
	key, err := needs.ReadKey(ctx, env, alias)
	switch {
	case err != nil:
		return "", err
	case key.ARN == "":
		return needs.NoKey(alias), nil
	case !key.LetsSalve(env.Target, "kms:Encrypt"):
		return "let the account, or its role " + env.Target.Home.Name(names.MemberRole) + ", use kms:Encrypt by the policy of the key " + alias +
			": Salve could not make the parameters", nil
	case !key.LetsRole(as, "kms:Decrypt"):
		return "let " + as + ", or the account, use kms:Decrypt by the policy of the key " + alias + ": builds could not " +
			"read the parameters", nil
	}
	return forbidden(ctx, env, as, "kms:Decrypt", key.ARN)
}

// forbidden says what a role may not do by its policies; empty where it may.
func forbidden(ctx context.Context, env control.Env, role, action, on string) (string, error) {
	out, err := iam.NewFromConfig(env.Config).SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &role, ActionNames: []string{action}, ResourceArns: []string{on},
	})
	if fault.Of(err) == fault.Gone { // the role, not the project
		return "give the project a service role first: " + role + " is not there", nil
	}
	if err != nil {
		return "", err
	}
	result, err := kind.Only(out.EvaluationResults, "SimulatePrincipalPolicy", "results", action)
	if err != nil || result.EvalDecision == iamtypes.PolicyEvaluationDecisionTypeAllowed {
		return "", err
	}
	return "let the service role " + role + " do " + action + " on " + on + ", by a policy of its own: builds could not " +
		"read the parameters", nil
}
