{# The local time of a UTC moment in an IANA time zone. #}
{% macro local_time(utc, time_zone) %}
    {{- return(adapter.dispatch('local_time', 'mews')(utc, time_zone)) -}}
{% endmacro %}

{% macro default__local_time(utc, time_zone) %}
    {{- return("(" ~ utc ~ " at time zone 'UTC' at time zone " ~ time_zone ~ ")") -}}
{% endmacro %}

{% macro duckdb__local_time(utc, time_zone) %}
    {{- return("timezone(" ~ time_zone ~ ", timezone('UTC', " ~ utc ~ "))") -}}
{% endmacro %}

{# The UTC moment of a local time; the inverse of local_time. #}
{% macro utc_time(local, time_zone) %}
    {{- return(adapter.dispatch('utc_time', 'mews')(local, time_zone)) -}}
{% endmacro %}

{% macro default__utc_time(local, time_zone) %}
    {{- return("(" ~ local ~ " at time zone " ~ time_zone ~ " at time zone 'UTC')") -}}
{% endmacro %}

{% macro duckdb__utc_time(local, time_zone) %}
    {{- return("timezone('UTC', timezone(" ~ time_zone ~ ", " ~ local ~ "))") -}}
{% endmacro %}

{% macro local_date(utc, time_zone) %}
    {{- return("cast(" ~ mews.local_time(utc, time_zone) ~ " as date)") -}}
{% endmacro %}

{# The business day of a moment: it ends at the local midnight plus the closing offset. #}
{% macro business_date(utc, enterprise) %}
    {{- return(
        "cast(" ~ mews.local_time(utc, enterprise ~ ".time_zone_identifier")
        ~ " - " ~ enterprise ~ ".closing_offset as date)"
    ) -}}
{% endmacro %}

{# An ISO 8601 duration such as P0M0DT3H0M0S, as an interval; null is none. #}
{% macro duration(text) %}
    {{- return(adapter.dispatch('duration', 'mews')(text)) -}}
{% endmacro %}

{% macro default__duration(text) %}
    {{- return("cast(coalesce(" ~ text ~ ", 'PT0S') as interval)") -}}
{% endmacro %}

{% macro duckdb__duration(text) %}
    {%- set parts = [] -%}
    {%- for pattern, seconds in [
        ('^P[^T]*?(-?\\d+)D', 86400), ('T[^T]*?(-?\\d+)H', 3600),
        ('T[^T]*?(-?\\d+)M', 60), ('T[^T]*?(-?\\d+)S', 1),
    ] -%}
        {%- set found = "regexp_extract(" ~ text ~ ", '" ~ pattern ~ "', 1)" -%}
        {%- do parts.append(
            seconds ~ " * coalesce(try_cast(" ~ found ~ " as bigint), 0)"
        ) -%}
    {%- endfor -%}
    {{- return("to_seconds(" ~ parts | join(' + ') ~ ")") -}}
{% endmacro %}

{# The days from one to another, both included, as rows of `day`; for a `cross join`. #}
{% macro days(first, last, alias) %}
    {{- return(adapter.dispatch('days', 'mews')(first, last, alias)) -}}
{% endmacro %}

{% macro default__days(first, last, alias) %}
    lateral (
        select cast(moment as date) as day
        from generate_series(
            cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day'
        ) as moments(moment)
    ) as {{ alias }}
{% endmacro %}

{% macro duckdb__days(first, last, alias) %}
    lateral (
        select cast(unnest(generate_series(
            cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day'
        )) as date) as day
    ) as {{ alias }}
{% endmacro %}
