package ec2

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/fault"
)

// allPrivate tells that no network interface asks for a public address.
func allPrivate(d *types.ResponseLaunchTemplateData) bool {
	for _, face := range d.NetworkInterfaces {
		if aws.ToBool(face.AssociatePublicIpAddress) {
			return false
		}
	}
	return true
}

// privately are all network interfaces, since a version takes the list as a whole or not.
func privately(d *types.ResponseLaunchTemplateData) (*types.RequestLaunchTemplateData, error) {
	out := &types.RequestLaunchTemplateData{}
	for _, face := range d.NetworkInterfaces {
		next, err := asked[types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest](face)
		if err != nil {
			return nil, err
		}
		if aws.ToBool(next.AssociatePublicIpAddress) {
			next.AssociatePublicIpAddress = aws.Bool(false)
		}
		out.NetworkInterfaces = append(out.NetworkInterfaces, next)
	}
	return out, nil
}

func asksForTokens(d *types.ResponseLaunchTemplateData) bool {
	return d.MetadataOptions != nil && d.MetadataOptions.HttpTokens == types.LaunchTemplateHttpTokensStateRequired
}

// withTokens keeps what else the template says about metadata.
func withTokens(d *types.ResponseLaunchTemplateData) (*types.RequestLaunchTemplateData, error) {
	is := types.LaunchTemplateInstanceMetadataOptions{}
	if d.MetadataOptions != nil {
		is = *d.MetadataOptions
	}
	is.State = "" // of what was launched
	options, err := asked[types.LaunchTemplateInstanceMetadataOptionsRequest](is)
	options.HttpTokens = types.LaunchTemplateHttpTokensStateRequired
	return &types.RequestLaunchTemplateData{MetadataOptions: &options}, err
}

// asked is what EC2 answers as it is asked for it: it has two types for the same. What does not fit must not be lost.
func asked[R any](answered any) (R, error) {
	var out R
	var tree any
	raw, err := json.Marshal(answered)
	if err == nil {
		err = json.Unmarshal(raw, &tree)
	}
	if err == nil {
		raw, err = json.Marshal(said(tree))
	}
	if err != nil {
		return out, fmt.Errorf("copy a part of the launch template: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		return out, fault.New(fault.Refused, "make the new version yourself: Salve cannot copy all of the old one: %w", err)
	}
	return out, nil
}

// said leaves out what says nothing.
func said(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, part := range v {
			if part = said(part); part != nil && part != "" {
				out[key] = part
			}
		}
		return out
	case []any:
		for i := range v {
			v[i] = said(v[i])
		}
	}
	return v
}
