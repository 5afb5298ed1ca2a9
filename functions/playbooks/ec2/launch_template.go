package ec2

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// launchTemplate is what instances are launched by where nobody names a version.
type launchTemplate struct {
	// Default is the number of the default version, or that of the one it was made of and with what: "3 with IMDSv2".
	Default string
	Met     bool   `salve:"fact"` // the default version is as it should be
	Number  int64  `salve:"fact"` // of the default version
	Latest  int64  `salve:"fact"`
	Made    string `salve:"fact"` // what the latest version is made of, where Salve made it
}

// launching is a control that changes one thing of what a template launches, by a version beside the others.
type launching struct {
	info control.Info
	with string // what the new version has
	met  func(d *types.ResponseLaunchTemplateData) bool
	// data is what the new version has else than the one it is made of.
	data func(d *types.ResponseLaunchTemplateData) (*types.RequestLaunchTemplateData, error)
}

// mark begins the description of a version that Salve has made.
const mark = "Salve: version "

// LaunchTemplates returns the controls of what launch templates launch.
func LaunchTemplates() []control.Control {
	const rest = " The template has a new default version, and the others stay. Who names a version by its number is " +
		"not changed; a template whose latest version is not its default one is left as it is, since who asks for the " +
		"latest would get another."
	return []control.Control{launching{control.Info{
		ID: "EC2.25",
		Effect: "Instances launched by the template's default version have no public IPv4 address any more: without a NAT " +
			"gateway or endpoints they reach nothing outside." + rest,
		Fails: control.Fails{
			When: "A network interface of the template's default version asks for a public IPv4 address. Other versions, and " +
				"subnets that give addresses out, are not looked at.",
			Rule: "ec2-launch-template-public-ip-disabled",
		},
	}, "no public address", allPrivate, privately}.control(), launching{control.Info{
		ID: "EC2.170",
		Effect: "Instances launched by the template's default version answer questions about their metadata with a token " +
			"alone (IMDSv2): old SDKs, agents and scripts on them fail. Try one first." + rest,
		Fails: control.Fails{
			When: "The template's default version does not ask for tokens (HttpTokens is not required), also where it says " +
				"nothing about metadata.",
			Rule: "ec2-launch-template-imdsv2-check",
		},
	}, "IMDSv2", asksForTokens, withTokens}.control()}
}

func (l launching) control() control.Control {
	l.info.State, l.info.Impact = "ec2.launch-template.default", control.ImpactInterrupts
	l.info.Pattern = arnOf("launch-template", "lt")
	l.info.Actions = []string{
		"ec2:CreateLaunchTemplateVersion", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates",
		"ec2:ModifyLaunchTemplate",
	}
	l.info.UndoActions = []string{"ec2:DeleteLaunchTemplateVersions"}
	return control.Of[launchTemplate]{Info: l.info, Read: l.read, Want: l.want, Write: l.write}.Control()
}

func (l launching) read(ctx context.Context, env control.Env) (launchTemplate, error) {
	out, err := ec2.NewFromConfig(env.Config).DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{
		LaunchTemplateIds: []string{env.Name},
	})
	if err != nil {
		return launchTemplate{}, err
	}
	if len(out.LaunchTemplates) != 1 {
		return launchTemplate{}, fault.New(fault.Gone, "EC2 knows no launch template %s", env.Name)
	}
	now := launchTemplate{
		Number: aws.ToInt64(out.LaunchTemplates[0].DefaultVersionNumber),
		Latest: aws.ToInt64(out.LaunchTemplates[0].LatestVersionNumber),
	}
	now.Default = fmt.Sprint(now.Number)
	all, err := versions(ctx, env, "$Default", "$Latest")
	if err != nil {
		return launchTemplate{}, err
	}
	found := false
	for _, v := range all {
		says, ours := strings.CutPrefix(aws.ToString(v.VersionDescription), mark)
		number := aws.ToInt64(v.VersionNumber)
		if ours && number == now.Latest {
			now.Made = says
		}
		if number != now.Number || v.LaunchTemplateData == nil {
			continue
		}
		if found, now.Met = true, l.met(v.LaunchTemplateData); ours {
			now.Default = says
		}
	}
	if !found {
		return now, fault.New(fault.Invalid, "DescribeLaunchTemplateVersions answered without version %d", now.Number)
	}
	return now, nil
}

func versions(ctx context.Context, env control.Env, which ...string) ([]types.LaunchTemplateVersion, error) {
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(ec2.NewFromConfig(env.Config),
		&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &env.Name, Versions: which})
	var all []types.LaunchTemplateVersion
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.LaunchTemplateVersions...)
	}
	return all, nil
}

func (l launching) want(now launchTemplate, _ control.Env) (launchTemplate, error) {
	if now.Met {
		return now, nil
	}
	made := fmt.Sprintf("%d with %s", now.Number, l.with)
	if now.Latest != now.Number && now.Made != made { // what an earlier try has made is what is wanted
		return now, fault.New(fault.Refused, "make version %d the default, or delete it, then try again: who asks for the "+
			"latest version would get one that is made of version %d", now.Latest, now.Number)
	}
	now.Default = made
	return now, nil
}

// write makes another version the default one: a new one, unless an earlier try has made it. Undo deletes that again,
// so that the latest version is the one it was.
func (l launching) write(ctx context.Context, env control.Env, from, to launchTemplate) error {
	if from.Default == to.Default {
		return nil
	}
	all, err := versions(ctx, env)
	if err != nil {
		return err
	}
	client, number := ec2.NewFromConfig(env.Config), numberOf(all, to.Default)
	if number == "" {
		if number, err = l.add(ctx, env, all, to.Default); err != nil {
			return err
		}
	}
	_, err = client.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{
		LaunchTemplateId: &env.Name, DefaultVersion: &number,
	})
	made := numberOf(all, from.Default)
	if back := strings.HasPrefix(from.Default, to.Default+" with "); err != nil || !back || made == "" {
		return err
	}
	_, err = client.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{
		LaunchTemplateId: &env.Name, Versions: []string{made},
	})
	return err
}

// numberOf is the number of a version by what Default says of it, empty where there is none.
func numberOf(all []types.LaunchTemplateVersion, says string) string {
	for _, v := range all {
		n := fmt.Sprint(aws.ToInt64(v.VersionNumber))
		if n == says || aws.ToString(v.VersionDescription) == mark+says {
			return n
		}
	}
	return ""
}

// add makes the version that a plan speaks of: "3 with IMDSv2".
func (l launching) add(
	ctx context.Context, env control.Env, all []types.LaunchTemplateVersion, says string,
) (string, error) {
	source, _, _ := strings.Cut(says, " ")
	for _, v := range all {
		if fmt.Sprint(aws.ToInt64(v.VersionNumber)) != source || v.LaunchTemplateData == nil {
			continue
		}
		data, err := l.data(v.LaunchTemplateData)
		if err != nil {
			return "", err
		}
		out, err := ec2.NewFromConfig(env.Config).CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: &env.Name, SourceVersion: &source, VersionDescription: aws.String(mark + says),
			LaunchTemplateData: data,
		})
		if err != nil {
			return "", err
		}
		if out.LaunchTemplateVersion == nil {
			return "", fault.New(fault.Invalid, "CreateLaunchTemplateVersion answered without the version")
		}
		return fmt.Sprint(aws.ToInt64(out.LaunchTemplateVersion.VersionNumber)), nil
	}
	return "", fault.New(fault.Refused, "version %s of the launch template is gone", source)
}
