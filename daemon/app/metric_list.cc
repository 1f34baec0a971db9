#include "app/metric_list.h"

#include <prometheus/text_serializer.h>

#include <utility>

namespace packwarden {

using prometheus::ClientMetric;
using prometheus::MetricType;

MetricList& MetricList::counter(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), MetricType::Counter);
}
MetricList& MetricList::gauge(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), MetricType::Gauge);
}
MetricList& MetricList::histogram(std::string name, std::string help) {
  return begin(std::move(name), std::move(help), MetricType::Histogram);
}

MetricList& MetricList::begin(std::string name, std::string help, MetricType type) {
  families_.push_back({std::move(name), std::move(help), type, {}});
  return *this;
}

MetricList& MetricList::add_double(double value, Labels labels) {
  prometheus::MetricFamily& family = families_.back();
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
  return *this;
}

MetricList& MetricList::add(const prometheus::Histogram& histogram, Labels labels) {
  ClientMetric metric = histogram.Collect();
  metric.label = std::move(labels);
  families_.back().metric.push_back(std::move(metric));
  return *this;
}

std::string MetricList::text() const {
  return prometheus::TextSerializer().Serialize(families_);
}

}  // namespace packwarden
