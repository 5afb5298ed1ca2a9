package codebuild

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// credentials are the variables of a project in which secrets are looked for, by name, and the parameters for them.
type credentials struct {
	Variables  map[string]variable
	Parameters map[string]parameter
	Trouble    string `salve:"fact"` // why builds could not read the parameters
	VPC        string `salve:"fact"` // in which they run
}

// variable is one whose value is in the project, or where it is instead.
type variable struct {
	Type  types.EnvironmentVariableType
	Value control.Secret
	Place string
}

// plain are the variables whose values are in the project.
func (c credentials) plain() []string {
	var out []string
	for name, v := range c.Variables {
		if v.Type == types.EnvironmentVariableTypePlaintext {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

const (
	paramPath = "parameterPath"
	paramMore = "moreVariables"
	// usualKey encrypts parameters for whoever of the account may read them: nobody needs a right to it.
	usualKey = "alias/aws/ssm"
)

var (
	pathForm = regexp.MustCompile(`^(/[A-Za-z0-9_.-]{1,64}){1,8}$`)
	nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
)

// looked are the variables in which secrets are looked for: the two that AWS goes by, and what people add.
func looked(env control.Env) []string {
	return append(env.Params.Texts(paramMore), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
}

// place is the name of the parameter for a variable.
func place(env control.Env, name string) string {
	return env.Params.Text(paramPath) + "/" + env.Name + "/" + name
}

// places are the names of the parameters for all variables that are looked at.
func places(env control.Env) []string {
	var all []string
	for _, name := range looked(env) {
		all = append(all, place(env, name))
	}
	return all
}

// Credentials returns the control that moves credentials out of a project's variables.
func Credentials() []control.Control {
	return []control.Control{control.Of[credentials]{
		Info: control.Info{
			ID: "CodeBuild.2", Writes: "codebuild.project.variables",
			Effect: "Builds get the same values from SecureString parameters of Systems Manager, by the rights of the " +
				"project's service role, which are tried first; builds in a VPC need a way to Systems Manager besides. Nobody " +
				"reads them in the project any more. But they stay in the history of builds, and where CloudTrail and AWS Config " +
				"have recorded the project: replace each secret afterwards, and write the new one into its parameter. A key of " +
				"yours is billed by KMS for each build. Undo puts no secret back.",
			Fails: control.Fails{
				When: "A variable AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY of the project holds its value itself (PLAINTEXT). " +
					"Other names, and values from Parameter Store or Secrets Manager, do not count.",
				Rule: "codebuild-project-envvar-awscred-check",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: projectARN,
			Params: []control.Param{
				{
					Name: paramPath, Default: "/CodeBuild", Pattern: pathForm, Form: "a path such as /CodeBuild",
					Meaning: "Path of the parameters, before the names of project and variable.",
				},
				{
					Name: paramMore, Default: []string{}, Pattern: nameForm, Form: "the name of a variable",
					Meaning: "Further variables that hold secrets, and are moved with those that AWS looks at.",
				},
				needs.KeyParam(needs.ParamKey, "Alias of the KMS key for the parameters. The service role of each project needs "+
					"kms:Decrypt on a key of yours.", usualKey),
			},
			Actions: append(needs.KeyActions(), "codebuild:BatchGetProjects", "codebuild:UpdateProject",
				"iam:SimulatePrincipalPolicy", "kms:Encrypt", "ssm:DescribeParameters", "ssm:PutParameter"),
			OneWay: map[string]string{"Parameters/*": "builds read it"},
			// Keys are not among them: the longest names leave no room, and the role reaches its own account's alone.
			Narrow: func(env control.Env) []string { return []string{env.Target.Resource, parameterARN(env, "*")} },
		},
		Read: readCredentials, Want: wantCredentials, Mentions: replaced, Write: writeCredentials,
	}.Control()}
}

func readCredentials(ctx context.Context, env control.Env) (credentials, error) {
	p, err := describe(ctx, env)
	if err != nil {
		return credentials{}, err
	}
	environment, err := kind.Answered(p.Environment, "BatchGetProjects", "the environment")
	if err != nil {
		return credentials{}, err
	}
	now := credentials{Variables: map[string]variable{}}
	for _, v := range environment.EnvironmentVariables {
		name := aws.ToString(v.Name)
		if _, twice := now.Variables[name]; twice {
			return now, fault.New(fault.Refused, "take one of the two variables %s out of the project: nobody can tell which "+
				"one builds get", name)
		}
		if slices.Contains(looked(env), name) {
			now.Variables[name] = variableOf(v, env)
		}
	}
	if p.VpcConfig != nil {
		now.VPC = aws.ToString(p.VpcConfig.VpcId)
	}
	if now.Parameters, err = parametersOf(ctx, env, places(env)...); err != nil {
		return now, err
	}
	if plain := now.plain(); len(plain) > 0 {
		now.Trouble, err = unreadable(ctx, env, p.ServiceRole, plain)
	}
	return now, err
}

func variableOf(v types.EnvironmentVariable, env control.Env) variable {
	if v.Type == "" || v.Type == types.EnvironmentVariableTypePlaintext {
		return variable{Type: types.EnvironmentVariableTypePlaintext, Value: env.Seal(aws.ToString(v.Value))}
	}
	return variable{Type: v.Type, Place: aws.ToString(v.Value)}
}

// wantCredentials writes over no parameter: one that is there must be what an earlier try of this move has made.
func wantCredentials(now credentials, env control.Env) (credentials, error) {
	for _, name := range now.plain() {
		v, at := now.Variables[name], place(env, name)
		there, exists := now.Parameters[at]
		made := parameterOf(v.Value, name, env)
		switch {
		case v.Value.IsZero():
			return now, fault.New(fault.Refused, "take the variable %s out of the project: it is empty, and there is nothing "+
				"to move", name)
		case exists && there != made:
			return now, inTheWay(at)
		case now.Trouble != "":
			return now, fault.New(fault.Refused, "%s", now.Trouble)
		}
		now.Parameters[at] = made
		now.Variables[name] = variable{Type: types.EnvironmentVariableTypeParameterStore, Place: at}
	}
	return now, nil
}

// replaced says what only people can do.
func replaced(now credentials) []string {
	plain := now.plain()
	if len(plain) == 0 {
		return nil
	}
	out := []string{"what is in " + strings.Join(plain, ", ") + " now stays in the history of builds: replace each " +
		"secret where it comes from, and write the new one into its parameter"}
	if now.VPC != "" {
		out = append(out, "builds run in "+now.VPC+": look that they reach Systems Manager from there")
	}
	return out
}

// writeCredentials makes the parameters once it has seen that the variables are as they were. All of the environment is
// sent: CodeBuild replaces it as a whole, and nothing else.
func writeCredentials(ctx context.Context, env control.Env, from, to credentials) error {
	if from.Trouble != "" { // since the plan
		return fault.New(fault.Refused, "%s", from.Trouble)
	}
	p, err := describe(ctx, env)
	if err != nil {
		return err
	}
	environment, err := kind.Answered(p.Environment, "BatchGetProjects", "the environment")
	if err != nil {
		return err
	}
	next, changed, err := moved(environment.EnvironmentVariables, env, from.Variables, to.Variables)
	if err != nil {
		return err
	}
	err = ensureParameters(from.Variables, to.Variables).Write(ctx, env, from.Parameters, to.Parameters)
	if err != nil || !changed {
		return err
	}
	environment.EnvironmentVariables = next
	_, err = codebuild.NewFromConfig(env.Config).UpdateProject(ctx, &codebuild.UpdateProjectInput{
		Name: &env.Name, Environment: &environment,
	})
	return err
}

// moved are the variables as they are to be, and whether that changes any. Each that is moved has to be there still:
// its parameter would be a secret that nobody uses.
func moved(all []types.EnvironmentVariable, env control.Env, from, to map[string]variable) (
	next []types.EnvironmentVariable, changed bool, err error,
) {
	next = slices.Clone(all)
	for _, name := range slices.Sorted(maps.Keys(to)) {
		was, becomes := from[name], to[name]
		i := slices.IndexFunc(next, func(v types.EnvironmentVariable) bool { return aws.ToString(v.Name) == name })
		if was == becomes || i >= 0 && variableOf(next[i], env) == becomes {
			continue
		}
		if i < 0 || variableOf(next[i], env) != was {
			return nil, false, fault.New(fault.Drifted, "somebody else changed the variable %s of the project %s", name,
				env.Name)
		}
		next[i] = types.EnvironmentVariable{Name: next[i].Name, Type: becomes.Type, Value: &becomes.Place}
		changed = true
	}
	return next, changed, nil
}
