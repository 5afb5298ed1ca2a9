package secretsmanager

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policydoc"
)

const (
	// rotating is what both controls of rotation write.
	rotating = "secretsmanager.rotation"
	caller   = "secretsmanager.amazonaws.com"
	// whoReads is what to look at before a secret changes.
	whoReads = "whoever has kept its value, instead of reading the secret each time, is locked out"
)

// rotates are the actions of a rotation. RotateSecret wants lambda:InvokeFunction of its caller.
// Source: Secrets Manager API reference, RotateSecret, required permissions.
func rotates() []string {
	return []string{
		"lambda:GetPolicy", control.InvokeFunction, "lambda:ListTags", "secretsmanager:DescribeSecret",
		"secretsmanager:RotateSecret",
	}
}

// reach is the secret, and of the account's functions the one that rotates it: which shows once it is read.
func reach(env control.Env) []string {
	return []string{env.Target.Resource, env.Target.ARN("lambda", "function:*")}
}

// unrotated is why the secret is not rotated here, by whatever function; "" where it can be.
func unrotated(env control.Env, out *secretsmanager.DescribeSecretOutput) string {
	switch owner := aws.ToString(out.OwningService); {
	case out.DeletedDate != nil:
		return "restore the secret, or let it go: it is to be deleted"
	case replica(env, out) != "":
		return replica(env, out)
	case owner != "":
		return "let " + owner + " rotate the secret, by its own settings: it made the secret, and needs no function"
	case out.Type != nil || out.ExternalSecretRotationRoleArn != nil:
		return "rotate the secret by hand: a partner of AWS's keeps it, with a role and no function"
	}
	return ""
}

// unfit is why Salve does not have a function called; "" where it may be.
func unfit(ctx context.Context, env control.Env, function string) (string, error) {
	if function == "" {
		return "write a function that rotates the secret, or take one of AWS's templates, and name it by the parameter " +
			paramFunction + " of SecretsManager.1: the secret has none", nil
	}
	if err := control.MayInvoke(env.Target, function); err != nil {
		return err.Error(), nil
	}
	client := lambda.NewFromConfig(env.Config)
	tags, err := client.ListTags(ctx, &lambda.ListTagsInput{Resource: &function})
	switch {
	case fault.Of(err) == fault.Gone:
		return "attach a function that exists to the secret: " + function + " does not", nil
	case err != nil:
		return "", err
	case tags.Tags[names.MarkRotates] != names.Marked:
		return fmt.Sprintf("mark the function that rotates the secret, if it does nothing else: aws lambda tag-resource "+
			"--region %s --resource %s --tags %s=%s. Rotating runs its code as its role, and Salve has that done to none "+
			"whose owner has not said so", env.Target.Region, function, names.MarkRotates, names.Marked), nil
	}
	lets, err := letsIn(ctx, client, function)
	if err != nil || lets {
		return "", err
	}
	return fmt.Sprintf("let Secrets Manager call the function: aws lambda add-permission --region %s --function-name %s "+
		"--statement-id SecretsManager --action lambda:InvokeFunction --principal %s --source-account %s",
		env.Target.Region, function, caller, env.Target.Account), nil
}

// letsIn tells that the function's policy names Secrets Manager. The function is there: else it had no tags.
func letsIn(ctx context.Context, client *lambda.Client, function string) (bool, error) {
	out, err := client.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &function})
	if fault.Of(err) == fault.Gone {
		return false, nil // it has no policy
	}
	if err != nil {
		return false, err
	}
	document, err := policydoc.Read(aws.ToString(out.Policy))
	if err != nil {
		return false, fmt.Errorf("policy of %s: %w", function, err)
	}
	statements, err := document.Statements()
	if err != nil {
		return false, fmt.Errorf("policy of %s: %w", function, err)
	}
	return slices.ContainsFunc(statements, func(s policydoc.Statement) bool {
		return s.LetsService(caller, control.InvokeFunction)
	}), nil
}

// underWay is the version that a rotation has begun and not brought to an end; "" where there is none.
func underWay(out *secretsmanager.DescribeSecretOutput) string {
	for version, stages := range out.VersionIdsToStages {
		if slices.Contains(stages, "AWSPENDING") && !slices.Contains(stages, "AWSCURRENT") {
			return version
		}
	}
	return ""
}

// plainVersion is a name of a version that means nothing to a shell, such as those that AWS draws. Whoever may put a
// value into the secret can choose any other 32 characters.
var plainVersion = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// stuck says what to do about a rotation that somebody else has begun.
func stuck(env control.Env, version string) error {
	from := " from its version, whose name is no text for a command"
	if plainVersion.MatchString(version) {
		from = fmt.Sprintf(": aws secretsmanager update-secret-version-stage --region %s --secret-id %s --version-stage "+
			"AWSPENDING --remove-from-version-id %s", env.Target.Region, env.Target.Resource, version)
	}
	return fault.New(fault.Refused, "wait until the rotation of the secret that is under way has ended. If it has "+
		"failed, which the log of its function says, mend that: Secrets Manager tries again. Or, where the current value "+
		"still works, since nothing else has the new one, take the mark AWSPENDING away%s", from)
}

// rotate calls RotateSecret and tells what is the function's from what is Salve's.
func rotate(ctx context.Context, env control.Env, in secretsmanager.RotateSecretInput) error {
	in.SecretId = &env.Target.Resource
	_, err := secretsmanager.NewFromConfig(env.Config).RotateSecret(ctx, &in)
	if err != nil && strings.Contains(err.Error(), "cannot invoke the specified Lambda function") {
		return fault.New(fault.Refused, "let Secrets Manager call the function, on behalf of this account: %w", err)
	}
	return err
}

// readers are sentences about those whom the next rotation meets.
func readers(out *secretsmanager.DescribeSecretOutput) string {
	says := "nobody has ever read the secret in this Region"
	if out.LastAccessedDate != nil {
		says = "the secret was last read in this Region on " + out.LastAccessedDate.UTC().Format("2006-01-02")
	}
	var regions []string
	for _, r := range out.ReplicationStatus {
		regions = append(regions, aws.ToString(r.Region))
	}
	if len(regions) > 0 {
		says += ". It has replicas, which change with it, in " + kind.Few(regions)
	}
	return says
}
