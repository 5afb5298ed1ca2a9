package organisation

import (
	"net/http"
	"strings"
)

const configPrincipal = "config.amazonaws.com"

// config are the operations of AWS Config for aggregators of the organization, and recorders as far as it needs them.
func (w *World) config() map[string]operation {
	return map[string]operation{
		"DescribeConfigurationAggregators": w.aggregatorsOf,
		"PutConfigurationAggregator":       w.putAggregator,
		"DeleteConfigurationAggregator":    w.deleteAggregator,
		"DescribeOrganizationConfigRules": w.held("config", "organization rule", "OrganizationConfigRules",
			"OrganizationConfigRuleName"),
		"DescribeOrganizationConformancePacks": w.held("config", "organization conformance pack",
			"OrganizationConformancePacks", "OrganizationConformancePackName"),
		"DescribeConfigurationRecorders":      w.recorders,
		"DescribeConfigurationRecorderStatus": w.recorderStatus,
		"PutConfigurationRecorder":            w.putRecorder,
		"StartConfigurationRecorder":          w.startRecorder,
		"DescribeDeliveryChannels":            w.channels,
		"PutDeliveryChannel":                  w.putChannel,
	}
}

// aggregatorKey is where an aggregator of an account is kept.
func aggregatorKey(c call, name string) string { return "aggregator " + c.account + " " + name }

// aggregatorRequest is an aggregator of the organization.
type aggregatorRequest struct {
	Name   string `json:"ConfigurationAggregatorName"`
	Source *struct {
		RoleArn       string
		AllAwsRegions bool
		AwsRegions    []string
	} `json:"OrganizationAggregationSource"`
}

func (w *World) aggregatorsOf(c call) (any, error) {
	var in struct{ NextToken string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p := w.in("config", c.region)
	names := map[string]string{}
	for key := range p.Set {
		if name, is := strings.CutPrefix(key, aggregatorKey(c, "")); is {
			names[name] = key
		}
	}
	page, next := pageOf(names, in.NextToken)
	list := []any{}
	for _, name := range page {
		list = append(list, p.Set[names[name]])
	}
	out := map[string]any{"ConfigurationAggregators": list}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

func (w *World) putAggregator(c call) (any, error) {
	var in aggregatorRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p, let := w.registered("config", configPrincipal, c)
	switch {
	case in.Source == nil || in.Source.RoleArn == "":
		return nil, refuse(http.StatusBadRequest, "InvalidRoleException", "The role is missing.")
	case !let:
		return nil, refuse(http.StatusBadRequest, "OrganizationAccessDeniedException",
			"This action can be only made by the management account or a delegated administrator of AWS Config.")
	}
	p.Set[aggregatorKey(c, in.Name)] = in
	return map[string]any{"ConfigurationAggregator": in}, nil
}

func (w *World) deleteAggregator(c call) (any, error) {
	var in aggregatorRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p := w.in("config", c.region)
	if p.Set[aggregatorKey(c, in.Name)] == nil {
		return nil, refuse(http.StatusBadRequest, "NoSuchConfigurationAggregatorException", "There is no such aggregator.")
	}
	delete(p.Set, aggregatorKey(c, in.Name))
	return struct{}{}, nil
}

// recorder is an account's own, with what it is: made, started and on.
func (w *World) recorder(c call) (name string, is map[string]bool) {
	p := w.in("config", c.region)
	name, _ = p.Set["recorder "+c.account].(string)
	return name, p.On[c.account]
}

func (w *World) recorders(c call) (any, error) {
	list := []any{map[string]any{ // a service has one of its own, which records for nobody else
		"name": "AWSConfigurationRecorderForLab", "servicePrincipal": "lab.amazonaws.com", "recordingScope": "INTERNAL",
	}}
	if name, _ := w.recorder(c); name != "" {
		list = append(list, map[string]any{"name": name, "recordingGroup": w.in("config", c.region).Set["group "+c.account]})
	}
	return map[string]any{"ConfigurationRecorders": list}, nil
}

func (w *World) recorderStatus(c call) (any, error) {
	var in struct {
		Names []string `json:"ConfigurationRecorderNames"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	name, is := w.recorder(c)
	if name == "" || len(in.Names) != 1 || in.Names[0] != name {
		return nil, refuse(http.StatusBadRequest, "NoSuchConfigurationRecorderException", "There is no such recorder.")
	}
	s := map[string]any{"name": name, "recording": is["recording"]}
	if is["started"] {
		s["lastStartTime"] = 1767225600
	}
	return map[string]any{"ConfigurationRecordersStatus": []any{s}}, nil
}

func (w *World) putRecorder(c call) (any, error) {
	var in struct {
		Recorder struct {
			Name  string         `json:"name"`
			Role  string         `json:"roleARN"`
			Group map[string]any `json:"recordingGroup"`
		} `json:"ConfigurationRecorder"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p, r := w.in("config", c.region), in.Recorder
	switch name, _ := w.recorder(c); {
	case !w.active(c.account):
		return nil, refuse(http.StatusForbidden, "AccessDeniedException", "The account is suspended.")
	case r.Role == "":
		return nil, refuse(http.StatusBadRequest, "InvalidRoleException", "The role is missing.")
	case name != "" && name != r.Name:
		return nil, refuse(http.StatusBadRequest, "MaxNumberOfConfigurationRecordersExceededException",
			"There is a recorder called %s already.", name)
	}
	p.Set["recorder "+c.account], p.Set["group "+c.account] = r.Name, r.Group
	p.On[c.account] = map[string]bool{}
	return struct{}{}, nil
}

func (w *World) startRecorder(c call) (any, error) {
	name, is := w.recorder(c)
	switch {
	case name == "":
		return nil, refuse(http.StatusBadRequest, "NoSuchConfigurationRecorderException", "There is no recorder.")
	case w.in("config", c.region).Set["channel "+c.account] == nil:
		return nil, refuse(http.StatusBadRequest, "NoAvailableDeliveryChannelException", "There is no delivery channel.")
	}
	is["started"], is["recording"] = true, true
	return struct{}{}, nil
}

func (w *World) channels(c call) (any, error) {
	list := []any{}
	if bucket := w.in("config", c.region).Set["channel "+c.account]; bucket != nil {
		list = append(list, map[string]any{"name": "default", "s3BucketName": bucket})
	}
	return map[string]any{"DeliveryChannels": list}, nil
}

func (w *World) putChannel(c call) (any, error) {
	var in struct {
		Channel struct {
			Bucket string `json:"s3BucketName"`
		} `json:"DeliveryChannel"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if name, _ := w.recorder(c); name == "" {
		return nil, refuse(http.StatusBadRequest, "NoAvailableConfigurationRecorderException", "There is no recorder.")
	}
	w.in("config", c.region).Set["channel "+c.account] = in.Channel.Bucket
	return struct{}{}, nil
}

// Record has an account of its own accord have a recorder, on or off.
func (w *World) Record(region, account, name string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.in("config", region)
	p.Set["recorder "+account], p.Set["channel "+account] = name, "theirs"
	p.On[account] = map[string]bool{"started": true, "recording": on}
}
