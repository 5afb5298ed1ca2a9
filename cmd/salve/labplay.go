package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/lab/stage"
	"github.com/salve-security/salve/internal/names"
)

// steer asks the control API of a running lab.
func steer(ctx context.Context, name, method, path string, body any) error {
	d, err := lab.Find(ctx, name)
	if err != nil {
		return err
	}
	return post(ctx, method, d.Endpoint+path, body)
}

// post asks a control API.
func post(ctx context.Context, method, url string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("ask the lab: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the lab: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusBadRequest {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // the status says enough without it
		return fault.New(fault.Invalid, "the lab answered %s: %s", res.Status, text)
	}
	return nil
}

type labFinding struct {
	labName
	Control  string `arg:"" help:"The control, such as S3.8."`
	Resource string `arg:"" help:"The resource as its findings name it, mostly an ARN."`
	Account  string `placeholder:"ID" help:"The member account the resource is in; default is its ARN's."`
	Standard string `placeholder:"KEY" help:"A standard, such as cis-5.0.0, whose own finding to write."`
	Status   string `enum:"FAILED,PASSED,WARNING" default:"FAILED" help:"FAILED, PASSED or WARNING."`
	Region   string `placeholder:"REGION" help:"The Region; default is the hub's."`
}

// Run writes the finding and prints its id.
func (c *labFinding) Run(a *app) error {
	d, err := lab.Find(a.ctx, c.Name)
	if err != nil {
		return err
	}
	if c.Account == "" {
		c.Account = located(c.Resource).AccountID
	}
	if err := accounts(c.Account); err != nil {
		return fault.New(fault.Invalid, "%w: name it with --account", err)
	}
	spec, err := c.spec(a.names, d)
	if err != nil {
		return err
	}
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		return fmt.Errorf("build finding: %w", err)
	}
	client := securityhub.NewFromConfig(lab.Root(d.Endpoint, d.Hub, spec.Region))
	out, err := client.BatchImportFindings(a.ctx, &securityhub.BatchImportFindingsInput{
		Findings: []types.AwsSecurityFinding{f},
	})
	if err != nil {
		return fmt.Errorf("write finding: %w", err)
	}
	for _, refused := range out.FailedFindings {
		return fault.New(fault.Invalid, "Security Hub refused the finding: %s", aws.ToString(refused.ErrorMessage))
	}
	return a.data(findingReport{
		ID: aws.ToString(f.Id), Control: spec.Control, Severity: spec.Severity, Account: spec.Account,
		Region: spec.Region, Resource: spec.Resource, Compliance: spec.Status, Workflow: string(f.Workflow.Status),
		Updated: aws.ToString(f.UpdatedAt),
	}, func() { a.say("%s", aws.ToString(f.Id)) })
}

func (c *labFinding) spec(names catalogue, d lab.Daemon) (labhub.FindingSpec, error) {
	known, ok := names.standards.Control(c.Control)
	if !ok {
		return labhub.FindingSpec{}, fault.New(fault.Invalid, "control %q is in no standard", c.Control)
	}
	spec := labhub.FindingSpec{
		Control: known.ID, Title: known.Title, Severity: known.Severity, Standard: c.Standard,
		Consolidated: c.Standard == "", Account: c.Account, Region: c.Region, Resource: c.Resource,
		ResourceType: "Other", Status: c.Status, At: time.Now(),
	}
	if spec.Region == "" {
		spec.Region = d.Regions[0]
	}
	if strings.HasPrefix(c.Resource, "AWS::::Account:") {
		spec.ResourceType = "AwsAccount"
	} else if len(known.Resources) > 0 {
		spec.ResourceType = known.Resources[0]
	}
	if c.Standard == "" {
		return spec, nil
	}
	named, ok := names.standards.Standard(c.Standard)
	if !ok {
		return spec, unknownStandard(c.Standard, names.standards)
	}
	for _, n := range known.Names {
		if n.Standard == named.Key {
			spec.Standard, spec.StandardControlID = named.Key, n.ID
			return spec, nil
		}
	}
	return spec, fault.New(fault.Invalid, "%s is not in %s: salve standards %s lists its controls", known.ID, named.Key,
		named.Key)
}

type labClick struct {
	labName
	Finding string `arg:"" help:"Id of the finding, as salve lab finding or salve findings list prints it."`
	Action  string `enum:"remediate,plan,undo" default:"remediate" help:"The button: ${enum}."`
}

// Run sends the event that the console's button sends.
func (c *labClick) Run(a *app) error {
	d, err := lab.Find(a.ctx, c.Name)
	if err != nil {
		return err
	}
	outputs, err := stage.Outputs(a.ctx, lab.Root(d.Endpoint, d.Hub, d.Regions[0]))
	if err != nil {
		return fault.New(fault.Unknown, "lab %s has no Salve in it: start one with `salve lab start --deploy`", c.Name)
	}
	id, err := wholeID(a.ctx, d, c.Finding)
	if err != nil {
		return err
	}
	return steer(a.ctx, c.Name, http.MethodPost, "/_lab/click", map[string]any{
		"FindingIds": []string{id}, "ActionTargetArn": names.ActionARN(outputs["ActionArn"], buttons()[c.Action]),
	})
}

// buttons are the custom actions by the words of --action.
func buttons() map[string]string {
	return map[string]string{
		"remediate": names.ActionRemediate, "plan": names.ActionPlan, "undo": names.ActionUndo,
	}
}

type labFault struct {
	labName
	Service   string  `placeholder:"NAME" help:"Whose calls fail, by the name requests are signed with, such as dynamodb."`
	Operation string  `placeholder:"NAME" help:"Which operation, such as PutItem; default is all of the service."`
	Error     string  `placeholder:"KIND" default:"throttle" help:"${help_fault}"`
	Rate      float64 `default:"1" help:"Share of the calls that fail, from 0 to 1."`
	Count     int     `placeholder:"N" help:"How many calls fail; default is all."`
	Clear     bool    `help:"Forget all faults."`
}

// Run adds a fault, or clears them.
func (c *labFault) Run(a *app) error {
	if c.Clear {
		return steer(a.ctx, c.Name, http.MethodDelete, "/_lab/faults", nil)
	}
	if c.Service == "" {
		return fault.New(fault.Invalid, "--service is missing: name a service such as dynamodb, or --clear")
	}
	return steer(a.ctx, c.Name, http.MethodPost, "/_lab/faults", map[string]any{
		"service": c.Service, "operation": c.Operation, "error": c.Error, "rate": c.Rate, "count": c.Count,
	})
}
